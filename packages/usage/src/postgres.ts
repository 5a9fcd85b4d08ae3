export type { Migrated, PgClient, PgPool, PgPoolClient, PgQuery } from '@headgate/sql/postgres'
export { type PostgresLedgerOptions, postgresLedger } from './postgres/ledger.ts'
export { type MigrateOptions, migrate } from './postgres/migrate.ts'
