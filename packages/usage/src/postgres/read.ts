import { lend, type PgPool } from '@headgate/sql/postgres'
import { checkGroupBy, wantedIn } from '../fields.ts'
import type { LedgerQuery, LedgerSum, UsageField } from '../ledger.ts'

/** How many sums come at once. */
const PAGE = 1_000

interface SumRow extends Readonly<Partial<Record<UsageField, string>>> {
  readonly period: unknown
  readonly requests: string
  readonly denied: string
  readonly units: string
  readonly denied_units: string
}

/**
 * Sums by the server, read through a cursor, so that all are of one moment, and none is here before it is wanted. Whoever stops
 * before the end closes the connection, and so does a step that takes too long.
 */
export async function* readSums(
  pool: PgPool,
  schema: string,
  query: LedgerQuery,
  timeoutMs: number,
): AsyncGenerator<LedgerSum, void, undefined> {
  const { text, values } = sumsQuery(schema, query)
  const client = await lend(pool, timeoutMs)
  let isDone = false
  try {
    await client.query({ text: 'BEGIN READ ONLY' })
    await client.query({ text: `DECLARE sums NO SCROLL CURSOR FOR ${text}`, values })
    for (;;) {
      const { rows } = await client.query({ text: `FETCH ${PAGE} FROM sums` })
      for (const row of rows as readonly SumRow[]) yield sumOf(row)
      if (rows.length < PAGE) break
    }
    await client.query({ text: 'COMMIT' })
    isDone = true
  } finally {
    client.release(!isDone)
  }
}

function sumsQuery(schema: string, { bounds, where, groupBy }: LedgerQuery) {
  checkGroupBy(groupBy)
  const wanted = wantedIn(where)
  const filters = wanted.map(([field], i) => ` AND ${field} = $${i + 4}`)
  const fields = ['period', ...groupBy].join(', ')
  const text = `
    SELECT ${fields}, sum(requests)::text AS requests, sum(denied)::text AS denied, sum(units)::text AS units,
      sum(denied_units)::text AS denied_units
    FROM (
      SELECT *, width_bucket(slot, $1::bigint[]) - 1 AS period
      FROM ${schema}.usage WHERE slot >= $2 AND slot < $3${filters.join('')}
    ) AS found
    GROUP BY ${fields} ORDER BY ${fields}`
  const values = [bounds, bounds[0], bounds.at(-1), ...wanted.map(([, value]) => value)]
  return { text, values }
}

/** Texts whatever the pool makes of numbers: a sum of bigints may be larger than one. */
function sumOf({ period, requests, denied, units, denied_units, ...fields }: SumRow): LedgerSum {
  return {
    period: Number(period),
    ...fields,
    requests: BigInt(requests),
    denied: BigInt(denied),
    units: BigInt(units),
    deniedUnits: BigInt(denied_units),
  }
}
