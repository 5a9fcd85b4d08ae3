import { createHash } from 'node:crypto'
import { memoryStore } from '@headgate/memory'
import { expect, test } from 'vitest'
import { type ChangesQuery, createService, memoryRegistry, type Token } from '../src/index.ts'
import { PLANS, start, TOKENS } from './support.ts'

const ROUTES = [
  ['POST', '/v1/consume', 'decide', { subject: 'a' }],
  ['POST', '/v1/peek', 'decide', { subject: 'a' }],
  ['POST', '/v1/reserve', 'decide', { subject: 'a' }],
  ['POST', '/v1/commit', 'decide', { id: 'x' }],
  ['POST', '/v1/cancel', 'decide', { id: 'x' }],
  ['GET', '/v1/gate', 'decide', undefined],
  ['DELETE', '/v1/gate/x', 'decide', undefined],
  ['GET', '/v1/whoami', 'read', undefined],
  ['GET', '/v1/plans', 'read', undefined],
  ['GET', '/v1/subjects', 'read', undefined],
  ['GET', '/v1/subjects/a', 'read', undefined],
  ['GET', '/v1/usage?from=2026-01-01&to=2027-01-01&by=day', 'read', undefined],
  ['GET', '/v1/usage.csv?from=2026-01-01&to=2027-01-01&by=day', 'read', undefined],
  ['GET', '/v1/live', 'read', undefined],
  ['GET', '/v1/changes', 'read', undefined],
  ['GET', '/metrics', 'read', undefined],
  ['PUT', '/v1/plans', 'manage', { default: 'free', plans: PLANS }],
  ['PUT', '/v1/plans/x', 'manage', { daily: 1 }],
  ['DELETE', '/v1/plans/x', 'manage', undefined],
  ['PUT', '/v1/default', 'manage', { plan: 'pro' }],
  ['PUT', '/v1/subjects/a', 'manage', { plan: 'pro' }],
  ['DELETE', '/v1/subjects/a', 'manage', undefined],
  ['POST', '/v1/subjects/a/reset', 'manage', undefined],
] as const

test.each(ROUTES)('%s %s needs the scope %s', async (method, path, needed, body) => {
  const { ask, registry } = await start()
  const before = await registry.changes({ limit: 100 })
  const without = await ask(method, path, body, { authorization: '' })
  expect(without).toMatchObject({ status: 401, json: { code: 'UNAUTHORIZED' } })
  expect(without.headers.get('www-authenticate')).toBe('Bearer')
  for (const scope of ['decide', 'read'] as const) {
    const { status } = await ask(method, path, body, { authorization: `Bearer ${TOKENS[scope]}` })
    expect(status === 403).toBe(scope !== needed)
    if (needed === 'manage') expect(status).toBe(403)
  }
  expect(await registry.changes({ limit: 100 })).toEqual(before)
  expect((await ask(method, path, body)).status).not.toBeOneOf([401, 403])
})

test('these are all routes that there are', async () => {
  const { service } = await start()
  const { paths } = service.app.swagger() as { paths: Record<string, Record<string, unknown>> }
  const told = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  )
  const open = ['GET /healthz', 'GET /readyz']
  const tried = ROUTES.map(([method, path]) => {
    const [plain = ''] = path.split('?')
    return `${method} ${plain.replace(/\/(plans|subjects)\/[^/]+/, (_, kind) => `/${kind}/{${kind === 'plans' ? 'name' : 'subject'}}`)}`
  })
  const gates = /^\w+ \/v1\/gate/
  expect(told.filter((route) => !gates.test(route)).sort()).toEqual(
    [...tried.filter((route) => !gates.test(route)), ...open].sort(),
  )
})

test.each(['/healthz', '/readyz', '/openapi.json'])('%s is for everybody', async (path) => {
  const { ask } = await start()
  expect((await ask('GET', path, undefined, { authorization: '' })).status).toBe(200)
})

test('a token may be known by its hash alone', async () => {
  const token = 'a-token-of-some-length'
  const sha256 = createHash('sha256').update(token).digest('hex')
  const { ask } = await start({ tokens: [{ name: 'hashed', scope: 'read', sha256 }] })
  const { json } = await ask('GET', '/v1/whoami', undefined, { authorization: `bearer ${token}` })
  expect(json).toEqual({ name: 'hashed', scope: 'read', readOnly: false })
  const { status } = await ask('GET', '/v1/whoami', undefined, { authorization: `Bearer ${sha256}` })
  expect(status).toBe(401)
})

test('who guesses is held up, and nobody else', async () => {
  const { ask } = await start()
  const guess = (token: string) => ask('GET', '/v1/whoami', undefined, { authorization: `Bearer ${token}` })
  // To come without one is no guess.
  for (let i = 0; i < 25; i++)
    expect((await ask('GET', '/v1/whoami', undefined, { authorization: '' })).status).toBe(401)
  const statuses = []
  for (let i = 0; i < 25; i++) statuses.push((await guess(`guess-${i}`)).status)
  expect(statuses).toEqual([...Array(20).fill(401), ...Array(5).fill(429)])
  const held = await guess('one-more')
  expect(held.json).toMatchObject({ status: 429, code: 'TOO_MANY_GUESSES' })
  expect(Number(held.headers.get('retry-after'))).toBeGreaterThan(0)
  expect((await ask('GET', '/v1/whoami')).status).toBe(200)
})

test('who has a network of IPv6 guesses no more than who has an address', async () => {
  const { service } = await start()
  const guess = async (remoteAddress: string) => {
    const headers = { authorization: 'Bearer a-guess' }
    return (await service.app.inject({ url: '/v1/whoami', remoteAddress, headers })).statusCode
  }
  const statuses = []
  for (let i = 0; i < 25; i++) statuses.push(await guess(`2001:db8:1:2:${i}::1`))
  expect(statuses).toEqual([...Array(20).fill(401), ...Array(5).fill(429)])
  expect(await guess('2001:db8:1:3::1')).toBe(401)
  expect(await guess('192.0.2.1')).toBe(401)
})

test('what can’t be waited for is refused before anything goes on in the background', async () => {
  const inner = memoryRegistry({ default: 'free', plans: PLANS })
  let looks = 0
  const registry = {
    ...inner,
    changes(query: ChangesQuery) {
      looks++
      return inner.changes(query)
    },
  }
  const making = createService({
    store: memoryStore(),
    registry,
    tokens: [{ name: 'a', scope: 'read', token: 'x'.repeat(16) }],
    timeout: '25d',
    poll: 10,
  })
  await expect(making).rejects.toMatchObject({ code: 'INVALID_OPTION', option: 'timeout' })
  const before = looks
  await new Promise((resolve) => setTimeout(resolve, 100))
  expect(looks).toBe(before)
})

test.each<[string, unknown, string]>([
  ['none', [], 'tokens'],
  ['no name', [{ scope: 'read', token: 'x'.repeat(16) }], 'tokens[0].name'],
  ['no scope', [{ name: 'a', token: 'x'.repeat(16) }], 'tokens[0].scope'],
  ['a scope that there is not', [{ name: 'a', scope: 'admin', token: 'x'.repeat(16) }], 'tokens[0].scope'],
  ['one that is short', [{ name: 'a', scope: 'read', token: 'x'.repeat(15) }], 'tokens[0].token'],
  [
    'one that a field can’t hold',
    [{ name: 'a', scope: 'read', token: `${'x'.repeat(16)} y` }],
    'tokens[0].token',
  ],
  ['neither token nor hash', [{ name: 'a', scope: 'read' }], 'tokens[0].token'],
  ['a hash that is none', [{ name: 'a', scope: 'read', sha256: 'abc' }], 'tokens[0].sha256'],
  [
    'one twice',
    [
      { name: 'a', scope: 'read', token: 'x'.repeat(16) },
      { name: 'b', scope: 'read', token: 'x'.repeat(16) },
    ],
    'tokens[1].name',
  ],
])('refuses tokens with %s, and tells none', async (_, tokens, option) => {
  const registry = memoryRegistry({ default: 'free', plans: PLANS })
  const making = createService({ store: memoryStore(), registry, tokens: tokens as Token[] })
  await expect(making).rejects.toMatchObject({ code: 'INVALID_OPTION', option })
  await expect(making).rejects.not.toMatchObject({ message: expect.stringContaining('xxxx') })
})
