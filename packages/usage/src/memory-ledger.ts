import { checkTime, HeadgateError, invalidOption, type Micros } from '@headgate/core'
import { addTo, compareText, type Summed } from './counts.ts'
import { wantedIn } from './fields.ts'
import type { Ledger, LedgerQuery, LedgerRow, LedgerSum } from './ledger.ts'

/** Options of {@link memoryLedger}. */
export interface MemoryLedgerOptions {
  /** How many rows are kept, one for each subject, meter, plan and quarter hour. 100,000 unless told; then writes fail. */
  readonly maxRows?: number
}

/** Whoever writes sends a batch again at once or not at all: there is no answer that could be lost. */
const MAX_IDS = 1_000

/**
 * A ledger in this process, for tests and for what may be forgotten at a restart.
 *
 * @throws HeadgateError `INVALID_OPTION`
 * @example
 * ```ts
 * import { createUsage, memoryLedger } from '@headgate/usage'
 *
 * const usage = createUsage({ ledger: memoryLedger() })
 * ```
 */
export function memoryLedger({ maxRows = 100_000 }: MemoryLedgerOptions = {}): Ledger {
  if (!Number.isSafeInteger(maxRows) || maxRows < 1)
    throw invalidOption('maxRows', maxRows, 'a whole number of at least 1', 'Leave it out for 100000')
  const rows = new Map<string, Summed<LedgerRow>>()
  const written = new Set<string>()
  return {
    name: 'memory',
    async write(batch) {
      if (written.has(batch.id)) return
      const placed = batch.rows.map((row) => [placeOf(row), row] as const)
      if (rows.size + placed.filter(([place]) => !rows.has(place)).length > maxRows) throw full(maxRows)
      for (const [place, row] of placed) {
        const found = rows.get(place)
        if (found === undefined) rows.set(place, { ...row })
        else addTo(found, row)
      }
      written.add(batch.id)
      for (const id of written) {
        if (written.size <= MAX_IDS) break
        written.delete(id)
      }
    },
    async *read(query) {
      // All at once, so that what is written while somebody reads is in all periods or in none.
      yield* sumsOf(rows.values(), query)
    },
    async prune(before) {
      checkTime(before, 'before')
      const old = [...rows].filter(([, { slot }]) => slot < before)
      for (const [place] of old) rows.delete(place)
      return old.length
    },
    async close() {},
  }
}

function placeOf({ slot, meter, plan, subject }: LedgerRow): string {
  return JSON.stringify([slot, meter, plan, subject])
}

function sumsOf(rows: Iterable<LedgerRow>, { bounds, where, groupBy }: LedgerQuery): LedgerSum[] {
  const sums = new Map<string, Summed<LedgerSum>>()
  const wanted = wantedIn(where)
  for (const row of rows) {
    const period = periodOf(row.slot, bounds)
    if (period === undefined || wanted.some(([field, value]) => row[field] !== value)) continue
    const fields = groupBy.map((field) => row[field])
    const place = JSON.stringify([period, ...fields])
    const { requests, denied, units, deniedUnits } = row
    const found = sums.get(place)
    if (found !== undefined) addTo(found, row)
    else {
      const own = Object.fromEntries(groupBy.map((field) => [field, row[field]]))
      sums.set(place, { period, ...own, requests, denied, units, deniedUnits })
    }
  }
  return [...sums.values()].sort((a, b) => {
    let order = a.period - b.period
    for (const field of groupBy) order ||= compareText(a[field] ?? '', b[field] ?? '')
    return order
  })
}

function periodOf(slot: Micros, bounds: readonly Micros[]): number | undefined {
  // The first bound that is after it, by halves.
  let [low, high] = [0, bounds.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((bounds[middle] ?? 0) <= slot) low = middle + 1
    else high = middle
  }
  return low === 0 || low === bounds.length ? undefined : low - 1
}

function full(maxRows: number): HeadgateError {
  return new HeadgateError({
    code: 'STORE_FAILED',
    message: `The memory ledger holds ${maxRows} rows, and there is no room for more`,
    fix: 'Call prune() now and then, raise `maxRows`, or keep usage in a database',
  })
}
