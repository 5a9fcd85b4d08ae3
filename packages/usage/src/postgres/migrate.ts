import { type Migrated, migrateSchema, type PgPool, schemaOf } from '@headgate/sql/postgres'
import { OWNER } from '../errors.ts'
import { usage } from './migrations/0001-usage.ts'

/** What made the schema, in order. Never edit one that was released: append the next. */
const migrations: readonly ((schema: string) => string)[] = [usage]

/** Options of {@link migrate}. */
export interface MigrateOptions {
  /** Where everything is put; made if it isn't there. Small letters, digits and `_`, at most 48. `"headgate_usage"` unless told. */
  readonly schema?: string
}

/**
 * Brings a database to this release's schema, in one transaction: whoever of several processes comes first does it, and the
 * others wait and find it done. The role needs `CREATE` on the database, or on the schema if that is there; where there is nothing
 * to do, what it needs to read and write.
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
  return migrateSchema(pool, OWNER, schemaOf(pool, options.schema ?? 'headgate_usage'), migrations)
}
