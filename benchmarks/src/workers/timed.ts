import type { Sample } from '../interleave.ts'

/**
 * Repeats a batch until `ms` milliseconds are over. `batch` is told how many operations came before, and says how many it did;
 * the clock is read once a batch, so a batch should take well over a microsecond.
 */
export async function timed(
  ms: number,
  batch: (before: number) => number | Promise<number>,
): Promise<Sample> {
  let operations = 0
  const from = process.hrtime.bigint()
  const until = from + BigInt(Math.round(ms * 1e6))
  let now = from
  while (now < until) {
    const done = batch(operations)
    operations += typeof done === 'number' ? done : await done
    now = process.hrtime.bigint()
  }
  return { operations, ns: Number(now - from) }
}
