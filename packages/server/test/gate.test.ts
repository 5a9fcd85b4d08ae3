import { METHODS, request } from 'node:http'
import { expect, test } from 'vitest'
import { registryOf, start, TOKENS } from './support.ts'

const acme = { 'x-headgate-subject': 'acme' }

test('lets pass by 204 and stops by 429, with what the client is to be told', async () => {
  const { ask } = await start()
  const passed = await ask('GET', '/v1/gate', undefined, acme)
  expect(passed.status).toBe(204)
  expect(passed.text).toBe('')
  expect(passed.headers.get('ratelimit')).toBe('"rate";r=1;t=30, "daily";r=99;t=43200')
  const denied = await ask('GET', '/v1/gate?cost=2', undefined, acme)
  expect(denied.status).toBe(429)
  expect(denied.headers.get('content-type')).toBe('application/problem+json')
  expect(denied.headers.get('retry-after')).toBe('30')
  expect(denied.headers.get('cache-control')).toBe('no-store')
  expect(denied.json).toMatchObject({ status: 429, 'violated-policies': ['rate'] })
})

test('denies by the status that a proxy asks for', async () => {
  const { ask } = await start()
  const denied = await ask('GET', '/v1/gate?deny=403&cost=3', undefined, acme)
  expect(denied.status).toBe(403)
  expect(denied.headers.get('ratelimit')).toBe('"rate";r=2')
  for (const deny of ['200', 'x', '600']) {
    expect((await ask('GET', `/v1/gate?deny=${deny}`, undefined, acme)).status).toBe(400)
  }
})

test.each(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])(
  'may be asked by %s, about any path, with any body',
  async (method) => {
    const { ask } = await start()
    const body = method === 'GET' || method === 'HEAD' ? undefined : '{ not json'
    for (const path of ['/v1/gate', '/v1/gate/orders/1?deny=403']) {
      const { status } = await ask(method, path, body, { ...acme, 'content-type': 'application/json' })
      expect(status).toBe(204)
    }
    const { status, json } = await ask('POST', '/v1/consume', { subject: 'acme' })
    expect([status, json.allowed]).toEqual([200, false])
  },
)

test('may be asked by every method that there is, and about a path that is none', async () => {
  const { ask, url } = await start({ registry: registryOf({ free: { daily: 1_000 } }) })
  // Of CONNECT there is no request.
  const methods = METHODS.filter((method) => method !== 'CONNECT')
  const { hostname, port } = new URL(url)
  for (const method of methods) {
    for (const path of ['/v1/gate', '/v1/gate/100%?q=%zz', '/v1/gate/%ff//..']) {
      const status = await new Promise((resolve, reject) => {
        const headers = { ...acme, authorization: `Bearer ${TOKENS.decide}` }
        const sent = request({ hostname, port, method, path, headers }, (response) => {
          response.resume()
          resolve(response.statusCode)
        })
        sent.once('error', reject)
        sent.end()
      })
      expect({ method, path, status }).toEqual({ method, path, status: 204 })
    }
  }
  const { json } = await ask('POST', '/v1/peek', { subject: 'acme' })
  expect(json.remaining).toBe(1_000 - 3 * methods.length)
})

test('a body without a kind and of any length is passed over', async () => {
  const { ask, url } = await start()
  const status = await new Promise((resolve, reject) => {
    const headers = { ...acme, authorization: `Bearer ${TOKENS.decide}`, 'content-length': 200_000 }
    const sent = request(`${url}/v1/gate`, { method: 'POST', headers }, (response) => {
      response.resume()
      resolve(response.statusCode)
    })
    sent.once('error', reject)
    sent.end('x'.repeat(200_000))
  })
  expect(status).toBe(204)
  expect((await ask('POST', '/v1/peek', { subject: 'acme' })).json.remaining).toBe(1)
})

test('reads the subject as UTF-8, and as it is where it is none', async () => {
  const { ask } = await start()
  const bytes = (text: string): string => Buffer.from(text, 'utf8').toString('latin1')
  await ask('GET', '/v1/gate', undefined, { 'x-headgate-subject': bytes('Zürich €') })
  expect((await ask('POST', '/v1/peek', { subject: 'Zürich €' })).json.remaining).toBe(1)
  await ask('GET', '/v1/gate', undefined, { 'x-headgate-subject': '\xfcber' })
  expect((await ask('POST', '/v1/peek', { subject: 'über' })).json.remaining).toBe(1)
})

test('what a client writes into its own path and query says nothing here', async () => {
  const { ask } = await start()
  for (let i = 0; i < 2; i++) {
    const headers = { ...acme, 'x-headgate-cost': '0' }
    expect((await ask('GET', '/v1/gate/a?cost=0&deny=200&cost=x', undefined, headers)).status).toBe(204)
  }
  expect((await ask('GET', '/v1/gate/a?cost=0', undefined, acme)).status).toBe(429)
  expect((await ask('POST', '/v1/peek', { subject: 'acme' })).json.limits.daily.remaining).toBe(98)
})

test.each([
  ['', {}, 'INVALID_OPTION', 'x-headgate-subject'],
  ['', { 'x-headgate-subject': 'x'.repeat(513) }, 'INVALID_KEY', 'subject'],
  ['?cost=-1', acme, 'BAD_REQUEST', 'cost'],
  ['?cost=1e3x', acme, 'BAD_REQUEST', 'cost'],
  ['?cost=9007199254740993', acme, 'BAD_REQUEST', 'cost'],
  ['?cost=1&cost=0', acme, 'BAD_REQUEST', 'cost'],
  ['?cost=1099511627777', acme, 'BAD_REQUEST', 'cost'],
  ['?cost=', acme, 'BAD_REQUEST', 'cost'],
  ['?cost=0.9', acme, 'BAD_REQUEST', 'cost'],
  ['?cost=1.5', acme, 'BAD_REQUEST', 'cost'],
  ['?cost=true', acme, 'BAD_REQUEST', 'cost'],
  ['?cost=false', acme, 'BAD_REQUEST', 'cost'],
  ['?cost=0x10', acme, 'BAD_REQUEST', 'cost'],
  ['?cost=1n', acme, 'BAD_REQUEST', 'cost'],
  ['?cost=%201', acme, 'BAD_REQUEST', 'cost'],
  ['?deny=429.5', acme, 'BAD_REQUEST', 'deny'],
])('refuses %j with %j', async (query, headers: Record<string, string>, code, option) => {
  const { ask } = await start()
  const { status, json } = await ask('GET', `/v1/gate${query}`, undefined, headers)
  expect({ status, code: json.code, option: json.option }).toEqual({ status: 400, code, option })
})
