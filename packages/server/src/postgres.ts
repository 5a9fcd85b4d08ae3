export type { Migrated, PgClient, PgPool, PgPoolClient, PgQuery } from '@headgate/sql/postgres'
export { type MigrateOptions, migrate } from './registry/postgres/migrate.ts'
export { type PostgresRegistryOptions, postgresRegistry } from './registry/postgres/postgres-registry.ts'
