export type { Migrated, SqliteDatabase, SqliteStatement } from '@headgate/sql/sqlite'
export { migrate } from './registry/sqlite/migrate.ts'
export { type SqliteRegistryOptions, sqliteRegistry } from './registry/sqlite/sqlite-registry.ts'
