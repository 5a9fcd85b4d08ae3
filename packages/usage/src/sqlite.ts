export type { SqliteDatabase, SqliteLedgerOptions, SqliteStatement } from './sqlite/database.ts'
export { sqliteLedger } from './sqlite/ledger.ts'
export { type Migrated, migrate } from './sqlite/migrate.ts'
