import { type Owner, wrongEncoding, wrongVersion } from '../owner.ts'
import type { PgClient, PgPool } from './client.ts'
import { onLoan } from './loan.ts'
import { postgresFailed } from './schema.ts'

/** What was done to a database. */
export interface Migrated {
  /** The version before; 0 if there was nothing. */
  readonly from: number
  readonly to: number
}

/**
 * Carries out what hasn't been yet, in one transaction: whoever of several processes comes first does it, and the others wait and
 * find it done. Where there is nothing to do, the role needs no more than to read what was done before.
 *
 * @param schema its quoted name; made if it isn't there
 * @param migrations what makes it, in order, given the name
 * @throws HeadgateError `STORE_FAILED`, as a rejection, when the schema is newer, the database isn't UTF8, or it fails: then
 *   nothing was changed
 */
export async function migrateSchema(
  pool: PgPool,
  owner: Owner,
  schema: string,
  migrations: readonly ((schema: string) => string)[],
): Promise<Migrated> {
  try {
    return await onLoan(pool, (client) => transact(client, owner, schema, migrations))
  } catch (error) {
    throw postgresFailed(owner, error)
  }
}

/** Where it fails the connection is closed, which rolls back. */
async function transact(
  client: PgClient,
  owner: Owner,
  schema: string,
  migrations: readonly ((schema: string) => string)[],
): Promise<Migrated> {
  // A text without values may be several statements.
  const run: Run = (text, values) => client.query(values === undefined ? { text } : { text, values })
  await run('BEGIN ISOLATION LEVEL READ COMMITTED')
  // Not the lock of a table, for there may be none yet. It goes with the transaction.
  await run('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [`${owner.package} migrates ${schema}`])
  await checkEncoding(run)
  await beginWith(run, schema)
  const from = await versionOf(run, schema)
  if (from > migrations.length) throw wrongVersion(owner, `The schema ${schema}`, from, migrations.length)
  for (const [i, migration] of migrations.entries()) {
    if (i < from) continue
    await run(migration(schema))
    await run(`INSERT INTO ${schema}.migrations (version) VALUES ($1)`, [i + 1])
  }
  await run('COMMIT')
  return { from, to: migrations.length }
}

type Run = (text: string, values?: unknown[]) => ReturnType<PgClient['query']>

/** IF NOT EXISTS would ask for the right to make them also where they are. */
async function beginWith(run: Run, schema: string): Promise<void> {
  const isThere = async (what: string, name: string): Promise<boolean> =>
    (await run(`SELECT 1 WHERE ${what}($1) IS NOT NULL`, [name])).rows.length > 0
  if (await isThere('to_regclass', `${schema}.migrations`)) return
  if (!(await isThere('to_regnamespace', schema))) await run(`CREATE SCHEMA ${schema}`)
  await run(
    `CREATE TABLE ${schema}.migrations (version int PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())`,
  )
}

async function checkEncoding(run: Run): Promise<void> {
  const { rows } = await run('SELECT getdatabaseencoding() AS encoding')
  const { encoding } = rows[0] as { readonly encoding: string }
  if (encoding !== 'UTF8') throw wrongEncoding(encoding)
}

async function versionOf(run: Run, schema: string): Promise<number> {
  const { rows } = await run(`SELECT coalesce(max(version), 0)::int AS version FROM ${schema}.migrations`)
  return Number((rows[0] as { readonly version: unknown }).version)
}
