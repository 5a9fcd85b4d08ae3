import type { SqliteDatabase } from '@headgate/sql/sqlite'
import { checkGroupBy, wantedIn } from '../fields.ts'
import type { LedgerQuery, LedgerSum, UsageField } from '../ledger.ts'

/** How many sums are read at once: an open iterator would keep everybody from writing on the same connection. */
const PAGE = 1_000

interface SumRow extends Readonly<Partial<Record<UsageField, string>>> {
  readonly requests: bigint | null
  readonly denied: bigint
  readonly units: bigint
  readonly denied_units: bigint
}

/** Period by period, and page by page from behind the last group. */
export function* readSums(
  database: SqliteDatabase,
  table: string,
  { bounds, where, groupBy }: LedgerQuery,
): Generator<LedgerSum, void, undefined> {
  checkGroupBy(groupBy)
  const wanted = wantedIn(where)
  const fields = groupBy.join(', ')
  const filters = ['slot >= ?', 'slot < ?', ...wanted.map(([field]) => `${field} = ?`)]
  const page = (behind: boolean) =>
    database
      .prepare(
        `SELECT ${[...groupBy, ''].join(', ')}
           sum(requests) AS requests, sum(denied) AS denied, sum(units) AS units, sum(denied_units) AS denied_units
         FROM "${table}" WHERE ${filters.join(' AND ')}
         ${behind ? `AND (${fields}) > (${groupBy.map(() => '?').join(', ')})` : ''}
         ${fields === '' ? '' : `GROUP BY ${fields} ORDER BY ${fields} LIMIT ${PAGE}`}`,
      )
      .safeIntegers(true)
  const first = page(false)
  const further = fields === '' ? undefined : page(true)

  for (let period = 0; period + 1 < bounds.length; period++) {
    const span = bounds.slice(period, period + 2).map(BigInt)
    const values = [...span, ...wanted.map(([, value]) => value)]
    let rows = first.all(...values) as SumRow[]
    for (;;) {
      for (const { denied_units: deniedUnits, requests, ...row } of rows) {
        // Where nothing is grouped there is a sum of no rows.
        if (requests !== null) yield { period, ...row, requests, deniedUnits }
      }
      const last = rows.at(-1)
      if (further === undefined || last === undefined || rows.length < PAGE) break
      rows = further.all(...values, ...groupBy.map((field) => last[field])) as SumRow[]
    }
  }
}
