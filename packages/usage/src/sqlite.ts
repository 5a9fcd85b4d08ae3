export type { Migrated, SqliteDatabase, SqliteStatement } from '@headgate/sql/sqlite'
export { type SqliteLedgerOptions, sqliteLedger } from './sqlite/ledger.ts'
export { migrate } from './sqlite/migrate.ts'
