import type { PgClient } from '@headgate/sql/postgres'
import type { Batch } from '../ledger.ts'

/**
 * One statement, and so all or nothing. A batch whose id is there joins with no rows; where the same one is being written at
 * this moment, on a connection that was given up, the server waits to see whether that commits. Rows are locked in
 * ascending order, so that processes wait for each other and never in a circle. Ids that are old go meanwhile, some at a time.
 */
const statement = (schema: string): string => `
  WITH batch AS (
    INSERT INTO ${schema}.batches (id) VALUES ($1) ON CONFLICT DO NOTHING RETURNING 1
  ), old AS (
    DELETE FROM ${schema}.batches WHERE id IN (
      SELECT id FROM ${schema}.batches WHERE written_at < now() - interval '7 days'
      LIMIT 100 FOR UPDATE SKIP LOCKED
    )
  )
  INSERT INTO ${schema}.usage AS u (slot, subject, meter, plan, requests, denied, units, denied_units)
  SELECT r.* FROM batch, unnest(
    $2::bigint[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[]
  ) AS r (slot, subject, meter, plan, requests, denied, units, denied_units)
  ORDER BY r.slot, r.subject COLLATE "C", r.meter COLLATE "C", r.plan COLLATE "C"
  ON CONFLICT (slot, subject, meter, plan) DO UPDATE SET
    requests = u.requests + excluded.requests,
    denied = u.denied + excluded.denied,
    units = u.units + excluded.units,
    denied_units = u.denied_units + excluded.denied_units
`

export async function writeBatch(client: PgClient, schema: string, { id, rows }: Batch): Promise<void> {
  const values = [
    id,
    rows.map(({ slot }) => String(slot)),
    rows.map(({ subject }) => subject),
    rows.map(({ meter }) => meter),
    rows.map(({ plan }) => plan),
    rows.map(({ requests }) => String(requests)),
    rows.map(({ denied }) => String(denied)),
    rows.map(({ units }) => String(units)),
    rows.map(({ deniedUnits }) => String(deniedUnits)),
  ]
  await client.query({ text: statement(schema), values })
}
