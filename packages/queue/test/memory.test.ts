import { getEventListeners } from 'node:events'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { type ManualClock, manualClock } from '@headgate/core'
import { expect, test } from 'vitest'
import { createQueue, type JobOptions, type Queue } from '../src/index.ts'
import { settle } from './support.ts'

setFlagsFromString('--expose-gc')
const collect: () => void = runInNewContext('gc')

const JOBS = 100_000
/** A job that waits takes some 1,300 bytes. What stays is three empty places of an array for each. */
const BYTES_PER_JOB = 100

async function heapUsed(): Promise<number> {
  for (let i = 0; i < 3; i++) {
    await settle()
    collect()
  }
  return process.memoryUsage().heapUsed
}

/** Lets so many jobs wait behind one that doesn't end. */
function fill(queue: Queue, signalOf?: (i: number) => AbortSignal, options?: JobOptions): void {
  for (let i = 0; i < JOBS; i++) {
    const signal = signalOf?.(i)
    const job = { priority: i % 100, key: `${i}`, ...(signal && { signal }), ...options }
    queue.run(() => i, job).catch(() => undefined)
  }
  expect(queue.size).toBe(JOBS + 1)
}

const long = new AbortController()

const ways: Record<string, (queue: Queue, clock: ManualClock) => unknown> = {
  'given up, each by a signal of its own'(queue) {
    const aborts = Array.from({ length: JOBS }, () => new AbortController())
    fill(queue, (i) => (aborts[i] as AbortController).signal)
    for (const abort of aborts) abort.abort('gone')
  },
  'given up by one signal'(queue) {
    const abort = new AbortController()
    fill(queue, () => abort.signal)
    abort.abort('gone')
  },
  async 'too late'(queue, clock) {
    fill(queue, () => long.signal, { maxWait: '1s' })
    clock.advance('2s')
    await settle()
  },
}

test.each(Object.entries(ways))('nothing stays of 100,000 jobs that were %s', async (_, go) => {
  const clock = manualClock()
  const queue = createQueue({ concurrency: 1, maxQueued: JOBS + 1, maxPerKey: 1, maxWait: '1h', clock })
  const { release } = await queue.acquire()
  // One stays, by the same signal, so that the queue isn't simply empty.
  const stays = queue.run(() => 'stays', { priority: 50, signal: long.signal })
  const before = await heapUsed()
  await go(queue, clock)
  expect(queue.size).toBe(1)
  expect((await heapUsed()) - before).toBeLessThan(JOBS * BYTES_PER_JOB)
  release()
  expect(await stays).toBe('stays')
})

test('nothing stays of 100,000 jobs that were done, though their signal lives on', async () => {
  const queue = createQueue({ concurrency: 1, maxQueued: JOBS + 1 })
  const { release } = await queue.acquire()
  const last = queue.run(() => 'last', { priority: -1_000 })
  const before = await heapUsed()
  fill(queue, () => long.signal)
  release()
  await last
  expect((await heapUsed()) - before).toBeLessThan(JOBS * BYTES_PER_JOB)
  expect(queue.size).toBe(0)
  expect(getEventListeners(long.signal, 'abort')).toHaveLength(0)
})
