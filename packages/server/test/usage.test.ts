import { memoryStore } from '@headgate/memory'
import { createUsage, memoryLedger } from '@headgate/usage'
import { expect, test } from 'vitest'
import { createService } from '../src/index.ts'
import { NOON, registryOf, start, TOKENS } from './support.ts'

const MARCH = 'from=2026-03-01&to=2026-04-01'

test('counts what was allowed and denied, by subject, meter, plan and time', async () => {
  const { ask, clock } = await start()
  await ask('PUT', '/v1/subjects/acme', { plan: 'pro' })
  await ask('POST', '/v1/consume', { subject: 'acme', cost: 4, meter: 'tokens' })
  await ask('POST', '/v1/consume', { subject: 'b' })
  await ask('POST', '/v1/consume', { subject: 'b', cost: 5 })
  clock.advance('1d')
  await ask('GET', '/v1/gate', undefined, { 'x-headgate-subject': 'b' })
  const { json } = await ask('GET', `/v1/usage?${MARCH}&by=day&groupBy=subject,meter,plan`)
  expect(json.rows).toEqual([
    row('2026-03-10', '2026-03-11', { subject: 'acme', meter: 'tokens', plan: 'pro', requests: 1, units: 4 }),
    row('2026-03-10', '2026-03-11', {
      subject: 'b',
      meter: 'requests',
      plan: 'free',
      requests: 1,
      units: 1,
      denied: 1,
      deniedUnits: 5,
    }),
    row('2026-03-11', '2026-03-12', { subject: 'b', meter: 'requests', plan: 'free', requests: 1, units: 1 }),
  ])
  const one = await ask('GET', `/v1/usage?${MARCH}&by=total&subject=b&groupBy=`)
  expect(one.json.rows).toEqual([
    row('2026-03-01', '2026-04-01', { requests: 2, units: 2, denied: 1, deniedUnits: 5 }),
  ])
})

test('gives it as a file, with a name and without what a spreadsheet would run', async () => {
  const { ask } = await start()
  await ask('POST', '/v1/consume', { subject: '=1+1' })
  const { text, headers, status } = await ask('GET', `/v1/usage.csv?${MARCH}&by=day&timeZone=Europe/Berlin`)
  expect(status).toBe(200)
  expect(headers.get('content-type')).toBe('text/csv; charset=utf-8; header=present')
  expect(headers.get('content-disposition')).toBe('attachment; filename="usage 2026-03-01 to 2026-04-01.csv"')
  expect(text.trim().split(/\r?\n/)).toEqual([
    'start,end,subject,meter,plan,requests,denied,units,denied_units',
    "2026-03-10T00:00:00+01:00,2026-03-11T00:00:00+01:00,'=1+1,requests,free,1,0,1,0",
  ])
})

test('a long file comes whole', async () => {
  const { ask, usage } = await start()
  for (let i = 0; i < 5_000; i++) usage.record({ subject: `s${i}`, at: NOON })
  const { text } = await ask('GET', `/v1/usage.csv?${MARCH}&by=total`)
  expect(text.trim().split(/\r?\n/)).toHaveLength(5_001)
})

test.each([
  ['', 'from'],
  ['from=2026-03-01&to=2026-04-01', 'by'],
  [`${MARCH}&by=week`, 'by'],
  ['from=x&to=2026-04-01&by=day', 'from'],
  ['from=2026-04-01&to=2026-03-01&by=day', undefined],
  [`${MARCH}&by=day&timeZone=Mars/Base`, 'timeZone'],
  [`${MARCH}&by=day&groupBy=subject,colour`, 'groupBy'],
  [`${MARCH}&by=day&meter=a%20b`, 'meter'],
])('refuses %j', async (query, option) => {
  const { ask } = await start()
  for (const path of ['/v1/usage', '/v1/usage.csv']) {
    const { status, json, headers } = await ask('GET', `${path}?${query}`)
    expect(status).toBe(400)
    expect(headers.get('content-disposition')).toBe(null)
    if (option !== undefined) expect(`${json.option} ${json.detail}`).toContain(option)
  }
})

test('a ledger that is away: decisions go on, and who asks for usage is told', async () => {
  const ledger = memoryLedger()
  let isAway = true
  const usage = createUsage({
    ledger: {
      ...ledger,
      write: (batch) => (isAway ? Promise.reject(new Error('secret')) : ledger.write(batch)),
    },
    onError: () => {},
  })
  const { ask } = await start({ usage })
  expect((await ask('POST', '/v1/consume', { subject: 'a' })).status).toBe(200)
  const { status, json, headers, text } = await ask('GET', `/v1/usage?${MARCH}&by=day`)
  expect({ status, code: json.code }).toEqual({ status: 503, code: 'STORE_FAILED' })
  expect(headers.get('retry-after')).toBe('1')
  expect(text).not.toContain('secret')
  isAway = false
  const { rows } = (await ask('GET', '/v1/usage?from=2026-01-01&to=2100-01-01&by=total')).json
  expect(rows).toMatchObject([{ requests: 1 }])
})

test('a ledger that goes away in the middle of a file: it is cut off, and the log says why', async () => {
  const usage = createUsage({ ledger: memoryLedger() })
  let log = ''
  let isAway = false
  const { ask } = await start({
    usage: {
      ...usage,
      async *export() {
        yield { start: '', end: '', requests: 1, denied: 0, units: 1, deniedUnits: 0 }
        if (isAway) throw new Error('the ledger went away')
      },
    },
    logger: { stream: { write: (line: string) => (log += line) } },
  })
  const path = `/v1/usage.csv?${MARCH}&by=total`
  expect((await ask('GET', path)).status).toBe(200)
  expect(log).not.toContain('cut off')
  isAway = true
  await expect(ask('GET', path)).rejects.toThrow()
  await expect.poll(() => log).toContain('the ledger went away')
})

test('a service without a ledger says so', async () => {
  const service = await createService({
    store: memoryStore(),
    registry: registryOf({ free: { daily: 1 } }),
    tokens: [{ name: 'r', scope: 'read', token: TOKENS.read }],
  })
  const { statusCode, body } = await service.app.inject({
    url: `/v1/usage?${MARCH}&by=day`,
    headers: { authorization: `Bearer ${TOKENS.read}` },
  })
  expect([statusCode, JSON.parse(body).code]).toEqual([404, 'NOT_FOUND'])
  await service.close()
})

function row(start: string, end: string, figures: object) {
  const [from, to] = [start, end].map((day) => `${day}T00:00:00+00:00`)
  return { start: from, end: to, requests: 0, denied: 0, units: 0, deniedUnits: 0, ...figures }
}
