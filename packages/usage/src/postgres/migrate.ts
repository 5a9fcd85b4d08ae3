import { HeadgateError } from '@headgate/core'
import { wrongVersion } from '../errors.ts'
import { checkPlace, type PgClient, type PgPool, postgresFailed } from './client.ts'
import { onLoan } from './loan.ts'
import { usage } from './migrations/0001-usage.ts'

/** What made the schema, in order. Never edit one that was released: append the next. */
const migrations: readonly ((schema: string) => string)[] = [usage]

/** Options of {@link migrate}. */
export interface MigrateOptions {
  /** Where everything is put; made if it isn't there. Small letters, digits and `_`, at most 48. `"headgate_usage"` unless told. */
  readonly schema?: string
}

/** What {@link migrate} did. */
export interface Migrated {
  /** The version before; 0 if there was nothing. */
  readonly from: number
  readonly to: number
}

/**
 * Brings a database to this release's schema, in one transaction: whoever of several processes comes first does it, and the
 * others wait and find it done. The role needs `CREATE` on the database, or on the schema if that is there.
 *
 * @throws HeadgateError `INVALID_OPTION`; `STORE_FAILED`, as a rejection, when the schema is newer, the database isn't UTF8, or
 *   it fails: then nothing was changed
 * @example
 * ```ts
 * import { migrate } from '@headgate/usage/postgres'
 * import pg from 'pg'
 *
 * await migrate(new pg.Pool({ connectionString: process.env['DATABASE_URL'] }))
 * ```
 */
export async function migrate(pool: PgPool, options: MigrateOptions = {}): Promise<Migrated> {
  const schema = checkPlace(pool, options.schema)
  try {
    return await onLoan(pool, (client) => transact(client, schema))
  } catch (error) {
    throw postgresFailed(error)
  }
}

/** Where it fails the connection is closed, which rolls back. */
async function transact(client: PgClient, schema: string): Promise<Migrated> {
  // A text without values may be several statements.
  const run: Run = (text, values) => client.query(values === undefined ? { text } : { text, values })
  await run('BEGIN ISOLATION LEVEL READ COMMITTED')
  // Not the lock of a table, for there may be none yet. It goes with the transaction.
  await run('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [`headgate usage migrates ${schema}`])
  await checkEncoding(run)
  const { rows } = await run('SELECT 1 WHERE to_regnamespace($1) IS NULL', [schema])
  if (rows.length > 0) await run(`CREATE SCHEMA ${schema}`)
  await run(
    `CREATE TABLE IF NOT EXISTS ${schema}.migrations (
      version int PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now()
    )`,
  )
  const from = await versionOf(run, schema)
  if (from > migrations.length) throw wrongVersion(`The schema ${schema}`, from, migrations.length)
  for (const [i, migration] of migrations.entries()) {
    if (i < from) continue
    await run(migration(schema))
    await run(`INSERT INTO ${schema}.migrations (version) VALUES ($1)`, [i + 1])
  }
  await run('COMMIT')
  return { from, to: migrations.length }
}

type Run = (text: string, values?: unknown[]) => ReturnType<PgClient['query']>

async function checkEncoding(run: Run): Promise<void> {
  const { rows } = await run('SELECT getdatabaseencoding() AS encoding')
  const { encoding } = rows[0] as { readonly encoding: string }
  if (encoding === 'UTF8') return
  throw new HeadgateError({
    code: 'STORE_FAILED',
    message: `The database's encoding is ${encoding}, which can't hold every subject`,
    fix: 'Use a database whose encoding is UTF8',
  })
}

async function versionOf(run: Run, schema: string): Promise<number> {
  const { rows } = await run(`SELECT coalesce(max(version), 0)::int AS version FROM ${schema}.migrations`)
  return Number((rows[0] as { readonly version: unknown }).version)
}
