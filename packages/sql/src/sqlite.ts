export { failed, type Owner } from './owner.ts'
export type { SqliteDatabase, SqliteStatement } from './sqlite/database.ts'
export { type Migrated, migrateTables } from './sqlite/migrate.ts'
export { sqliteFailed, tableOf, transact } from './sqlite/table.ts'
