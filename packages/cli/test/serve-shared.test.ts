import { randomUUID } from 'node:crypto'
import { redisIsNative, startProxy, startRedis } from '@headgate/services'
import pg from 'pg'
import { describe, expect, inject, it, onTestFinished } from 'vitest'
import { newDatabase } from './databases.ts'
import { type Answer, ask, consume, type Serving, serve, serveInVain, until } from './serving.ts'

const SECRETS = { HEADGATE_TOKEN: `decide-${randomUUID()}`, HEADGATE_MANAGE_TOKEN: `manage-${randomUUID()}` }
const TOKENS = { decide: SECRETS.HEADGATE_TOKEN, manage: SECRETS.HEADGATE_MANAGE_TOKEN }

/** Instances that share all, and have the same tokens. */
async function several(args: readonly string[]): Promise<Serving[]> {
  const all = await Promise.all([1, 2].map(() => serve(args, { env: SECRETS })))
  return all.map((each) => ({ ...each, tokens: TOKENS }))
}

/** Asks so often, many at once. */
async function crowd(times: number, askOnce: (i: number) => Promise<Answer>): Promise<Answer[]> {
  const answers: Answer[] = []
  let next = 0
  const lane = async (): Promise<void> => {
    while (next < times) answers.push(await askOnce(next++))
  }
  await Promise.all(Array.from({ length: 40 }, lane))
  return answers
}

/** So little comes back that a test doesn't see it. */
const tight = (burst: number): object => ({ rate: { limit: 1, per: '1d' }, burst })

describe.each([
  ['Redis', (): string => inject('redisUrl')],
  ['the same PostgreSQL', (): undefined => undefined],
] as const)('two instances at PostgreSQL, that count in %s', (_, storeUrl) => {
  it('admit exactly the limit, go by the same plans, and count all usage', { timeout: 120_000 }, async () => {
    const database = await newDatabase()
    const store = storeUrl()
    // However busy this machine is, the store decides.
    const args = [
      '--database',
      database,
      '--timeout',
      '1000',
      ...(store === undefined ? [] : ['--store', store]),
    ]
    const [one, two] = (await several(args)) as [Serving, Serving]
    // Both found it empty; one wrote the plans.
    const plans = await Promise.all([one, two].map((each) => ask(each, 'GET /v1/plans')))
    expect(plans[0]?.body).toEqual(plans[1]?.body)
    expect(plans[0]?.body.revision).toBeGreaterThan(0)

    const plan = `tight-${randomUUID().slice(0, 8)}`
    const subject = `acme ${randomUUID()}`
    expect((await ask(one, `PUT /v1/plans/${plan}`, { body: tight(200) })).status).toBe(200)
    const path = `/v1/subjects/${encodeURIComponent(subject)}`
    await until(
      async () => (await ask(two, `PUT ${path}`, { body: { plan } })).status === 200,
      'two knows the plan',
    )
    await until(async () => (await ask(one, `GET ${path}`)).body.plan === plan, 'one knows the subject')

    const answers = await crowd(500, (i) => consume(i % 2 ? one : two, subject))
    expect(answers.every(({ status, body }) => status === 200 && body.degraded === null)).toBe(true)
    expect(answers.filter(({ body }) => body.allowed)).toHaveLength(200)

    expect((await ask(two, `PUT /v1/plans/${plan}`, { body: tight(250) })).status).toBe(200)
    await until(
      async () => (await ask(one, 'POST /v1/peek', { body: { subject } })).body.remaining === 50,
      'it is in force',
    )
    const more = await Promise.all(Array.from({ length: 100 }, (_, i) => consume(i % 2 ? one : two, subject)))
    expect(more.filter(({ body }) => body.allowed)).toHaveLength(50)

    expect(await one.end()).toBe(0)
    const usage = `GET /v1/usage?from=2020-01-01&to=2100-01-01&by=total&subject=${encodeURIComponent(subject)}`
    const rowsOf = async () => (await ask(two, usage)).body.rows
    await until(async () => {
      const [row] = await rowsOf()
      return row?.requests + row?.denied === 600
    }, 'all usage is written')
    expect(await rowsOf()).toMatchObject([{ requests: 250, denied: 350, units: 250, deniedUnits: 350 }])
    expect(await two.end()).toBe(0)
  })
})

describe('while its store is away', () => {
  it.skipIf(!redisIsNative())(
    'it decides by itself, from the start and later, and recovers',
    { timeout: 120_000 },
    async () => {
      const redis = await startRedis()
      onTestFinished(() => redis.stop())
      await redis.kill()
      const serving = await serve(['--store', redis.url, '--instances', '3'])
      await ask(serving, 'PUT /v1/plans/tight', { body: tight(90) })
      for (const subject of ['acme', 'globex'])
        await ask(serving, `PUT /v1/subjects/${subject}`, { body: { plan: 'tight' } })

      // Of 90, a third.
      const answers = []
      for (let i = 0; i < 40; i++) answers.push(await consume(serving))
      expect(answers.filter(({ body }) => body.allowed)).toHaveLength(30)
      expect(answers.every(({ status, body }) => status === 200 && body.degraded !== null)).toBe(true)

      await redis.restart()
      await until(async () => (await consume(serving, 'globex', 0)).body.degraded === null, 'Redis decides')
      expect((await consume(serving, 'globex', 50)).body).toMatchObject({
        allowed: true,
        remaining: 40,
        degraded: null,
      })
      await redis.kill()
      await until(async () => (await consume(serving, 'globex', 0)).body.degraded !== null, 'Redis is away')
      expect((await consume(serving, 'globex')).body).toMatchObject({ allowed: true, remaining: 29 })
      expect((await ask(serving, 'POST /v1/subjects/globex/reset')).status).toBe(503)
      expect(serving.log().some(({ level, msg }) => level === 40 && msg.startsWith('Redis: '))).toBe(true)
      await redis.restart()
      await until(
        async () => (await consume(serving, 'globex', 0)).body.degraded === null,
        'Redis decides again',
      )
      await redis.kill()
      expect(await serving.end()).toBe(0)
    },
  )

  it('everybody or nobody passes, where it was told so', async () => {
    const proxy = await startProxy({ port: 1 })
    onTestFinished(() => proxy.stop())
    proxy.mode = 'refuse'
    const store = `redis://127.0.0.1:${proxy.port}`
    const allowing = await serve(['--store', store, '--failure', 'allow'])
    for (let i = 0; i < 40; i++) expect((await consume(allowing)).body).toMatchObject({ allowed: true })
    const denying = await serve(['--store', store, '--failure', 'deny'])
    expect((await consume(denying)).body).toMatchObject({ allowed: false })
    const gate = await fetch(`${denying.url}/v1/gate`, {
      headers: { authorization: `Bearer ${denying.tokens.decide}`, 'x-headgate-subject': 'acme' },
    })
    expect(gate.status).toBe(503)
    expect(await Promise.all([allowing.end(), denying.end()])).toEqual([0, 0])
  })

  it('a PostgreSQL that comes later is brought up to date, and decides then', {
    timeout: 120_000,
  }, async () => {
    const database = new URL(await newDatabase())
    const proxy = await startProxy({ port: Number(database.port) })
    onTestFinished(() => proxy.stop())
    proxy.mode = 'refuse'
    database.port = String(proxy.port)
    const serving = await serve(['--store', database.href])
    expect((await consume(serving)).body).toMatchObject({ allowed: true, degraded: expect.any(String) })
    proxy.mode = 'pass'
    await until(async () => (await consume(serving, 'acme', 0)).body.degraded === null, 'PostgreSQL decides')
    proxy.mode = 'refuse'
    await until(async () => (await consume(serving, 'acme', 0)).body.degraded !== null, 'PostgreSQL is away')
    proxy.mode = 'pass'
    await until(
      async () => (await consume(serving, 'acme', 0)).body.degraded === null,
      'PostgreSQL decides again',
    )
    expect(await serving.end()).toBe(0)
  })

  it('one with a PostgreSQL that never comes can be ended', async () => {
    const proxy = await startProxy({ port: 1 })
    onTestFinished(() => proxy.stop())
    proxy.mode = 'refuse'
    const serving = await serve(['--store', `postgres://postgres:hidden@127.0.0.1:${proxy.port}/none`])
    expect((await consume(serving)).status).toBe(200)
    expect(await serving.end()).toBe(0)
    expect(serving.stdout() + serving.stderr()).not.toContain('hidden')
  })
})

describe('while the database of its plans is away', () => {
  it('goes by what it knows, says what it can’t, and writes usage later', { timeout: 120_000 }, async () => {
    const database = new URL(await newDatabase())
    const proxy = await startProxy({ port: Number(database.port) })
    onTestFinished(() => proxy.stop())
    database.port = String(proxy.port)
    const serving = await serve(['--database', database.href, '--store', 'memory'])
    await ask(serving, 'PUT /v1/subjects/acme', { body: { plan: 'premium' } })
    expect((await consume(serving)).body.plan).toBe('premium')

    proxy.mode = 'refuse'
    expect((await consume(serving)).body).toMatchObject({ allowed: true, plan: 'premium', degraded: null })
    expect((await consume(serving, 'globex')).body).toMatchObject({ allowed: true, plan: 'free' })
    expect((await ask(serving, 'PUT /v1/plans/gold', { body: { daily: 5 } })).status).toBe(503)
    expect((await fetch(`${serving.url}/readyz`)).status).toBe(200)

    proxy.mode = 'pass'
    await until(
      async () => (await ask(serving, 'PUT /v1/plans/gold', { body: { daily: 5 } })).status === 200,
      'plans can be changed',
    )
    expect(await serving.end()).toBe(0)
    const client = new pg.Client({ connectionString: database.href })
    await client.connect()
    const { rows } = await client.query(
      'SELECT subject, sum(units)::int AS units FROM headgate_usage.usage GROUP BY subject ORDER BY subject',
    )
    await client.end()
    expect(rows).toEqual([
      { subject: 'acme', units: 2 },
      { subject: 'globex', units: 1 },
    ])
  })
})

describe('what can’t be', () => {
  it('are plans in a database that isn’t there', async () => {
    const proxy = await startProxy({ port: 1 })
    onTestFinished(() => proxy.stop())
    proxy.mode = 'refuse'
    const { code, stderr } = await serveInVain([
      '--database',
      `postgres://postgres:hidden@127.0.0.1:${proxy.port}/none`,
    ])
    expect(code).toBe(1)
    expect(stderr).toMatch(/^headgate: [^\n]+\n$/)
    expect(stderr).not.toContain('hidden')
    const absent = new URL(inject('postgresUrl'))
    absent.pathname = '/there_is_none'
    for (const option of ['--database', '--store']) {
      const refused = await serveInVain([option, absent.href])
      expect(refused.code).toBe(1)
      expect(refused.stderr).toContain('database "there_is_none" does not exist')
    }
  })

  it('is usage that can’t be written at the end: it says so, and doesn’t hang', {
    timeout: 120_000,
  }, async () => {
    const database = new URL(await newDatabase())
    const proxy = await startProxy({ port: Number(database.port) })
    onTestFinished(() => proxy.stop())
    database.port = String(proxy.port)
    const serving = await serve(['--database', database.href, '--store', 'memory'])
    expect((await consume(serving)).body.allowed).toBe(true)
    proxy.mode = 'refuse'
    expect(await serving.end()).toBe(1)
    expect(
      serving.log().some(({ level, msg }) => level === 50 && msg.startsWith('At the end, usage: ')),
    ).toBe(true)
  })
})
