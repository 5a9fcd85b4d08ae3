import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { expect, inject, it, onTestFinished } from 'vitest'
import { newDatabase, runSql } from './databases.ts'
import { ask, consume, serve, serveInVain, until } from './serving.ts'
import { headgate, type Ran } from './support.ts'

const told = (...schemas: string[]): Ran => ({
  code: 0,
  stdout: schemas.map((schema) => `The schema "${schema}" is up to date.\n`).join(''),
  stderr: '',
})
const RECORDS = ['headgate_registry', 'headgate_usage']

it('makes what a service needs, and what a store needs that is elsewhere', async () => {
  const database = await newDatabase()
  const [first, again] = await Promise.all([1, 2].map(() => headgate(['migrate', '--database', database])))
  expect(first).toEqual(told(...RECORDS, 'headgate'))
  expect(again).toEqual(first)
  const store = await newDatabase()
  const args = ['migrate', '--database', database, '--store', store, '--schema', 'counts', '--unlogged']
  expect(await headgate(args)).toEqual(told(...RECORDS, 'counts'))
  expect(await headgate(['migrate', '--database', database, '--store', 'redis://nowhere'])).toEqual(
    told(...RECORDS),
  )
  const env = { HEADGATE_DATABASE: database, HEADGATE_STORE: store }
  expect(await headgate(['migrate'], { env })).toEqual(told(...RECORDS, 'headgate'))
})

it.each([
  [[], 'There is nothing to migrate'],
  [['--store', 'redis://localhost'], '`--store` must be postgres://HOST/DATABASE'],
  [['--database', 'mysql://root:secret@db/x'], 'not "mysql://…@db/x"'],
  [['--database', 'postgres://db/x', '--store', 'memory', '--unlogged'], 'are of a store in PostgreSQL'],
  [['--tables', 'x'], 'See headgate migrate --help'],
])('%j is bad usage', async (args, message) => {
  const { code, stderr } = await headgate(['migrate', ...args])
  expect(stderr).toContain(message)
  expect(code).toBe(2)
})

/** The statements of docs/service.md, for a role of a test's own. */
function grantsTo(role: string): string {
  const page = readFileSync(new URL('../../../docs/service.md', import.meta.url), 'utf8')
  const [, text = ''] = /```sql\n(GRANT[^`]*)```/.exec(page) ?? []
  expect(text).toContain('headgate_app')
  return text.replaceAll('headgate_app', role)
}

it('a role serves that may read and write, and make nothing', { timeout: 60_000 }, async () => {
  const database = await newDatabase()
  const role = `app_${randomUUID().replaceAll('-', '')}`
  await runSql(inject('postgresUrl'), `CREATE ROLE ${role} LOGIN PASSWORD 'secret'`)
  onTestFinished(async () => {
    await runSql(database, `DROP OWNED BY ${role}`)
    await runSql(database, `DROP ROLE ${role}`)
  })
  const asRole = Object.assign(new URL(database), { username: role, password: 'secret' }).href
  await expect(runSql(asRole, 'CREATE SCHEMA mine')).rejects.toMatchObject({ code: '42501' })

  const refused = await serveInVain(['--database', asRole])
  expect(refused.code).toBe(1)
  expect(refused.stderr).toContain('permission denied')
  expect(refused.stderr).toContain('`headgate migrate`')

  expect(await headgate(['migrate', '--database', database])).toEqual(told(...RECORDS, 'headgate'))
  await runSql(database, grantsTo(role))
  for (const round of [1, 2]) {
    const serving = await serve(['--database', asRole, '--timeout', '1000'])
    expect((await ask(serving, `PUT /v1/plans/plan-${round}`, { body: { daily: 9 } })).status).toBe(200)
    expect((await ask(serving, 'PUT /v1/subjects/acme', { body: { plan: `plan-${round}` } })).status).toBe(
      200,
    )
    expect((await consume(serving, 'acme')).body).toMatchObject({ remaining: 9 - round, degraded: null })
    expect((await ask(serving, 'POST /v1/subjects/globex/reset')).status).toBe(204)
    expect((await ask(serving, 'DELETE /v1/subjects/acme')).status).toBe(204)
    expect((await ask(serving, `DELETE /v1/plans/plan-${round}`)).status).toBe(200)
    expect(await serving.end()).toBe(0)
    const usage = 'GET /v1/usage?from=2020-01-01&to=2100-01-01&by=total&subject=acme'
    const reader = await serve(['--database', asRole])
    await until(
      async () => (await ask(reader, usage)).body.rows[0]?.units === round,
      'usage was written at the end',
    )
    expect(reader.log().filter(({ level }) => level > 30)).toEqual([])
    expect(await reader.end()).toBe(0)
  }
})
