import { type HeadgateError, invalidOption } from '@headgate/core'
import { failed, type Owner, runMigrate } from '../owner.ts'
import type { PgPool } from './client.ts'

const SCHEMA = /^(?!pg_)[a-z_][a-z0-9_]{0,47}$/

/**
 * The quoted name of a schema, in a database to which there is a pool.
 *
 * @throws HeadgateError `INVALID_OPTION`
 */
export function schemaOf(pool: PgPool, schema: unknown): string {
  if (typeof pool?.connect !== 'function' || typeof pool.on !== 'function')
    throw invalidOption('pool', pool, 'a pool of pg', 'Pass `new pg.Pool({ connectionString })`')
  if (typeof schema === 'string' && SCHEMA.test(schema)) return `"${schema}"`
  const fix =
    'Use a small letter or "_", then small letters, digits and "_", at most 48, not starting with "pg_"'
  throw invalidOption('schema', schema, 'a plain name', fix)
}

/** Errors of the server for what isn't there. */
const MISSING = ['3F000', '42P01', '42703']
const NOT_ALLOWED = '42501'

/** What the server, or the way to it, fails with, as an error of Headgate: see {@link failed}. */
export function postgresFailed(owner: Owner, error: unknown): HeadgateError {
  const state = error instanceof Error && 'code' in error ? String(error.code) : ''
  return failed(owner, 'postgres', error, fixOf(owner, state))
}

function fixOf(owner: Owner, state: string): string | undefined {
  if (MISSING.includes(state)) return runMigrate(owner, 'postgres', 'schema')
  if (state !== NOT_ALLOWED) return undefined
  return `Let a role run migrate() of ${owner.package}/postgres, or \`headgate migrate\`, that may; and GRANT this one USAGE on the schema, and to read and write its tables`
}
