import { randomUUID } from 'node:crypto'
import type {} from '@headgate/services'
import pg from 'pg'
import { inject, onTestFinished } from 'vitest'

/** An empty database, which goes with the test. */
export async function newDatabase(): Promise<string> {
  const url = new URL(inject('postgresUrl'))
  const name = `serve_${randomUUID().replaceAll('-', '')}`
  await runSql(url.href, `CREATE DATABASE ${name}`)
  onTestFinished(() => runSql(inject('postgresUrl'), `DROP DATABASE ${name} WITH (FORCE)`))
  url.pathname = `/${name}`
  return url.href
}

/** Statements, on a connection of their own. */
export async function runSql(url: string, text: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(text)
  } finally {
    await client.end()
  }
}
