import { type Migrated, migrateTables, type SqliteDatabase, tableOf } from '@headgate/sql/sqlite'
import { OWNER } from '../errors.ts'
import { registry } from './migrations/0001-registry.ts'
import type { SqliteRegistryOptions } from './sqlite-registry.ts'

/** What made the tables, in order. Never edit one that was released: append the next. */
const migrations: readonly ((prefix: string) => string)[] = [registry]

/**
 * Brings a database to the tables of this release in one transaction: whoever of several processes comes first does it, and
 * the others find it done.
 *
 * @throws HeadgateError `INVALID_OPTION`; `STORE_FAILED` when the tables are newer, the database isn't UTF-8, or it fails: then
 *   nothing was changed
 * @example
 * ```ts
 * import { migrate, type SqliteDatabase } from '@headgate/server/sqlite'
 *
 * declare const database: SqliteDatabase // new Database('registry.db') of better-sqlite3
 * migrate(database)
 * ```
 */
export function migrate(database: SqliteDatabase, options: SqliteRegistryOptions = {}): Migrated {
  return migrateTables(database, OWNER, tableOf(database, options.table ?? 'headgate_registry'), migrations)
}
