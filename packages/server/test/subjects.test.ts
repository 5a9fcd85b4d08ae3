import { expect, test } from 'vitest'
import { start } from './support.ts'

test('anybody is on the default plan, and can be put on another with exceptions until some day', async () => {
  const { ask, clock } = await start()
  expect((await ask('GET', '/v1/subjects/acme')).json).toMatchObject({
    subject: 'acme',
    plan: 'free',
    assignment: null,
    changedAt: null,
    degraded: null,
    limits: { rate: { remaining: 2, limit: { algorithm: 'token-bucket' } }, daily: { remaining: 100 } },
  })
  const assignment = { plan: 'pro', daily: 7, until: '2026-03-10T13:00:00Z' }
  const put = await ask('PUT', '/v1/subjects/acme', assignment)
  expect(put.json).toMatchObject({
    plan: 'pro',
    priority: 5,
    assignment,
    limits: { daily: { remaining: 7 } },
  })
  expect(put.json.changedAt).toBeGreaterThan(Date.UTC(2026, 0))
  expect((await ask('GET', '/v1/subjects/acme')).json).toEqual(put.json)
  clock.advance('1h')
  expect((await ask('GET', '/v1/subjects/acme')).json).toMatchObject({ plan: 'free', assignment })
  expect((await ask('DELETE', '/v1/subjects/acme')).status).toBe(204)
  expect(await ask('DELETE', '/v1/subjects/acme')).toMatchObject({ status: 404, json: { code: 'NOT_FOUND' } })
})

test('to look takes nothing', async () => {
  const { ask } = await start()
  for (let i = 0; i < 5; i++) await ask('GET', '/v1/subjects/acme')
  expect((await ask('POST', '/v1/consume', { subject: 'acme' })).json.remaining).toBe(1)
})

test('forgets what was used, and records who did it', async () => {
  const { ask } = await start()
  await ask('POST', '/v1/consume', { subject: 'acme', cost: 2 })
  expect((await ask('POST', '/v1/subjects/acme/reset')).status).toBe(204)
  expect((await ask('GET', '/v1/subjects/acme')).json.limits).toMatchObject({
    rate: { remaining: 2 },
    daily: { remaining: 100 },
  })
  expect((await ask('GET', '/v1/changes?subject=acme')).json.changes).toMatchObject([
    { actor: 'the-manager', change: { type: 'subject.reset', subject: 'acme' } },
  ])
})

test('what needs no body may come with its kind all the same, and what needs one may not come without', async () => {
  const { ask } = await start()
  const json = { 'content-type': 'application/json' }
  await ask('PUT', '/v1/subjects/acme', { plan: 'pro' })
  expect((await ask('POST', '/v1/subjects/acme/reset', undefined, json)).status).toBe(204)
  expect((await ask('DELETE', '/v1/subjects/acme', undefined, json)).status).toBe(204)
  for (const [method, path] of [
    ['POST', '/v1/consume'],
    ['PUT', '/v1/subjects/acme'],
    ['PUT', '/v1/plans/x'],
  ] as const) {
    const { status, json: problem } = await ask(method, path, undefined, json)
    expect({ path, status, detail: problem.detail }).toEqual({
      path,
      status: 400,
      detail: 'The body must be object',
    })
  }
})

test('lists them by prefix and plan, page by page', async () => {
  const { ask } = await start()
  for (const subject of ['b', 'a2', 'a1', 'a%', 'A', 'é']) {
    await ask('PUT', `/v1/subjects/${encodeURIComponent(subject)}`, {
      plan: subject === 'a1' ? 'pro' : 'free',
    })
  }
  const list = async (query: string) => {
    const { json } = await ask('GET', `/v1/subjects?${query}`)
    return [json.subjects.map(({ subject }: { subject: string }) => subject), json.next]
  }
  expect(await list('')).toEqual([['A', 'a%', 'a1', 'a2', 'b', 'é'], null])
  expect(await list('limit=2')).toEqual([['A', 'a%'], 'a%'])
  expect(await list('limit=2&after=a%25')).toEqual([['a1', 'a2'], 'a2'])
  expect(await list('prefix=a')).toEqual([['a%', 'a1', 'a2'], null])
  expect(await list('prefix=a%25')).toEqual([['a%'], null])
  expect(await list('plan=pro')).toEqual([['a1'], null])
  for (const query of [
    'limit=0',
    'limit=1001',
    'limit=x',
    'limit=',
    'limit=true',
    'limit=1.7',
    'prefix=%00',
    'after=a%00',
    'plan=%00',
  ]) {
    expect((await ask('GET', `/v1/subjects?${query}`)).status).toBe(400)
  }
})

test.each([
  '__proto__',
  'a/b',
  '%',
  'a b',
  '?x=1',
  '#',
  '漢字🎉',
  '\u202eabc',
  'constructor',
  '..%2f..',
  'x'.repeat(512),
])('any subject is one: %j', async (subject) => {
  const { ask } = await start()
  const path = `/v1/subjects/${encodeURIComponent(subject)}`
  expect((await ask('PUT', path, { plan: 'pro' })).json).toMatchObject({ subject, plan: 'pro' })
  expect((await ask('POST', '/v1/consume', { subject })).json).toMatchObject({ plan: 'pro', remaining: 9 })
  expect((await ask('GET', path)).json.limits.rate.remaining).toBe(9)
  expect((await ask('GET', '/v1/subjects')).json.subjects).toMatchObject([{ subject }])
  expect((await ask('DELETE', path)).status).toBe(204)
})

test.each([
  ['a plan that there is not', 'a', { plan: 'nope' }, 'UNKNOWN_PLAN', 'plan'],
  ['no plan', 'a', {}, 'UNKNOWN_PLAN', 'plan'],
  ['a plan’s name alone', 'a', '"pro"', 'BAD_REQUEST', undefined],
  ['half a unit', 'a', { plan: 'pro', daily: 1.5 }, 'INVALID_OPTION', 'daily'],
  ['a moment without a zone', 'a', { plan: 'pro', until: '2027-01-01T00:00' }, 'INVALID_OPTION', 'until'],
  ['a field that there is not', 'a', { plan: 'pro', dayly: 1 }, 'INVALID_OPTION', 'dayly'],
  ['NUL in the subject', '%00', { plan: 'pro' }, 'BAD_REQUEST', 'subject'],
  ['a subject that is too long', 'x'.repeat(513), { plan: 'pro' }, 'BAD_REQUEST', 'subject'],
  ['what is no UTF-8', '%ff', { plan: 'pro' }, 'BAD_REQUEST', undefined],
])('refuses %s', async (_, subject, assignment, code, option) => {
  const { ask, registry } = await start()
  const { status, json } = await ask('PUT', `/v1/subjects/${subject}`, assignment)
  expect({ status, code: json.code, option: json.option }).toEqual({ status: 400, code, option })
  expect(await registry.subjects({ limit: 10 })).toEqual([])
})
