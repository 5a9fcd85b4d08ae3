export type { PgClient, PgPool, PgPoolClient, PgQuery } from './client.ts'
export { type Migrated, type MigrateOptions, migrate } from './migrate.ts'
export type { PostgresStoreOptions } from './options.ts'
export { postgresStore } from './postgres-store.ts'
