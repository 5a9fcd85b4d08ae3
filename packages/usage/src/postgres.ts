export type { PgClient, PgPool, PgPoolClient, PgQuery } from './postgres/client.ts'
export { type PostgresLedgerOptions, postgresLedger } from './postgres/ledger.ts'
export { type Migrated, type MigrateOptions, migrate } from './postgres/migrate.ts'
