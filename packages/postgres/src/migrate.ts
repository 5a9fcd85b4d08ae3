import { invalidOption } from '@headgate/core'
import type { PgClient, PgPool } from './client.ts'
import { oldServer, storeFailed, wrongEncoding, wrongVersion } from './errors.ts'
import { guard } from './guard.ts'
import { states } from './migrations/0001-states.ts'
import { functions } from './migrations/0002-functions.ts'
import { checkSchema, checkSource } from './options.ts'

/** What made the schema, in order. Never edit one that was released: append the next. */
const migrations: readonly ((schema: string) => string)[] = [states, functions]

/** The version of the schema that this release works with. */
const VERSION: number = migrations.length

/** The oldest server that can go through a table by pages. */
const MIN_SERVER = 140_000

/** Options of {@link migrate}: a pool or a client of pg, and what is to be made. */
export type MigrateOptions = SchemaOptions &
  ({ readonly pool: PgPool; readonly client?: never } | { readonly client: PgClient; readonly pool?: never })

interface SchemaOptions {
  /** Where everything is put; made if it isn't there. Small letters, digits and `_`, at most 48. `"headgate"` unless told. */
  readonly schema?: string
  /**
   * `true` makes the table unlogged, `false` logged again; left out, it stays as it is, and a new one is logged. An unlogged
   * table writes no log ahead, so decisions don't wait for the disk; but a crash of the server empties it, its replicas
   * have nothing in it, and neither has a backup. To change it copies the table while nobody can decide.
   */
  readonly unlogged?: boolean
}

/** What {@link migrate} did. */
export interface Migrated {
  /** The version before; 0 if there was nothing. */
  readonly from: number
  readonly to: number
}

/**
 * Brings a database to this release's schema, in one transaction: whoever of several processes comes first does it, and the
 * others wait and find it done. A connection of the pool does it, or the client, which must not be in a transaction. The role
 * needs `CREATE` on the database, or on the schema if that is there; where there is nothing to do, what a role that decides needs.
 *
 * @throws {@link HeadgateError} `INVALID_OPTION`; `STORE_FAILED` when the database is newer, not UTF8, older than
 * PostgreSQL 14, or fails: then nothing was changed
 * @example
 * ```ts
 * import { migrate } from '@headgate/postgres'
 * import pg from 'pg'
 *
 * const pool = new pg.Pool({ connectionString: process.env['DATABASE_URL'] })
 * await migrate({ pool })
 * ```
 */
export async function migrate(options: MigrateOptions): Promise<Migrated> {
  const { unlogged } = options
  const source = checkSource(options)
  const schema = checkSchema(options.schema)
  if (unlogged !== undefined && typeof unlogged !== 'boolean') {
    const fix = 'Leave it out to leave the table as it is'
    throw invalidOption('unlogged', unlogged, 'true or false', fix)
  }
  try {
    if ('pool' in source) return await onLoan(source.pool, (client) => transact(client, schema, unlogged))
    return await transact(source.client, schema, unlogged)
  } catch (error) {
    throw storeFailed(error)
  }
}

/** Work on a connection of the pool, which is closed if that fails: it may be in the middle of something. */
async function onLoan<T>(pool: PgPool, work: (client: PgClient) => Promise<T>): Promise<T> {
  const client = await pool.connect()
  guard(client)
  let done = false
  try {
    const result = await work(client)
    done = true
    return result
  } finally {
    client.release(!done)
  }
}

async function transact(client: PgClient, schema: string, unlogged: boolean | undefined): Promise<Migrated> {
  // A text without values may be several statements.
  const run: Run = (text, values) => client.query(values === undefined ? { text } : { text, values })
  await run('BEGIN ISOLATION LEVEL READ COMMITTED')
  try {
    const migrated = await migrateWith(run, schema)
    if (unlogged !== undefined && unlogged !== (await isUnlogged(client, schema))) {
      await run(`ALTER TABLE ${schema}.states SET ${unlogged ? 'UNLOGGED' : 'LOGGED'}`)
    }
    await run('COMMIT')
    return migrated
  } catch (error) {
    // If this fails too, the first error says why.
    await run('ROLLBACK').catch(() => {})
    throw error
  }
}

async function migrateWith(run: Run, schema: string): Promise<Migrated> {
  // Not the lock of a table, for there may be none yet. It goes with the transaction.
  await run('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [`headgate migrates ${schema}`])
  await checkServer(run)
  await beginWith(run, schema)
  const from = await versionOf(run, schema)
  if (from > VERSION) throw wrongVersion(schema, from, VERSION)
  for (const [i, migration] of migrations.entries()) {
    if (i < from) continue
    await run(migration(schema))
    await run(`INSERT INTO ${schema}.migrations (version) VALUES ($1)`, [i + 1])
  }
  return { from, to: VERSION }
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

async function checkServer(run: Run): Promise<void> {
  const { rows } = await run(
    "SELECT current_setting('server_version_num')::int AS version, getdatabaseencoding() AS encoding",
  )
  const [row] = rows as { readonly version: number; readonly encoding: string }[]
  if (row?.encoding !== 'UTF8') throw wrongEncoding(String(row?.encoding))
  if (row.version < MIN_SERVER) throw oldServer(row.version)
}

async function versionOf(run: Run, schema: string): Promise<number> {
  const { rows } = await run(`SELECT coalesce(max(version), 0)::int AS version FROM ${schema}.migrations`)
  return Number((rows[0] as { readonly version: unknown }).version)
}

/**
 * The schema's version, held against the one that this release works with.
 *
 * @throws {@link HeadgateError} `STORE_FAILED` when it is another
 */
export async function checkVersion(client: PgClient, schema: string): Promise<void> {
  const version = await versionOf((text) => client.query({ text }), schema)
  if (version !== VERSION) throw wrongVersion(schema, version, VERSION)
}

/** Whether commits don't wait for the disk. */
export async function isUnlogged(client: PgClient, schema: string): Promise<boolean> {
  const text = "SELECT 1 FROM pg_class WHERE oid = $1::regclass AND relpersistence = 'u'"
  const { rows } = await client.query({ text, values: [`${schema}.states`] })
  return rows.length > 0
}
