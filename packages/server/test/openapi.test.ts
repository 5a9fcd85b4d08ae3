import { HeadgateError } from '@headgate/core'
import { memoryStore } from '@headgate/memory'
import { Validator } from '@seriousme/openapi-schema-validator'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { expect, test } from 'vitest'
import { start } from './support.ts'

test('the description is OpenAPI, and points at nothing that is not in it', async () => {
  const { ask } = await start()
  const { json } = await ask('GET', '/openapi.json')
  expect(await new Validator().validate(json)).toEqual({ valid: true })
  const text = JSON.stringify(json)
  expect(text).not.toContain('x-component')
  for (const [, name = ''] of text.matchAll(/"#\/components\/schemas\/([^"]+)"/g)) {
    expect(json.components.schemas).toHaveProperty([name])
  }
  for (const operations of Object.values<Record<string, { summary?: string; tags?: string[] }>>(json.paths)) {
    for (const { summary, tags } of Object.values(operations)) {
      expect(summary).toMatch(/^[A-Z]/)
      expect(tags).toHaveLength(1)
    }
  }
})

test('what is for everybody is described without a token, and all else with one', async () => {
  const { ask } = await start()
  const { json } = await ask('GET', '/openapi.json')
  expect(json.security).toEqual([{ token: [] }])
  const open = Object.entries<Record<string, { security?: unknown }>>(json.paths).flatMap(
    ([path, operations]) =>
      Object.values(operations).flatMap(({ security }) => (security === undefined ? [] : [[path, security]])),
  )
  expect(open).toEqual([
    ['/healthz', []],
    ['/readyz', []],
  ])
})

test('answers are what the description says, down to the last field', async () => {
  const { ask } = await start()
  const document = (await ask('GET', '/openapi.json')).json
  const ajv = new Ajv2020({ strict: false, allErrors: true })
  ajv.addSchema({ $id: 'api', ...closed(document) })

  const holds = async (method: string, path: string, template = path.split('?')[0] ?? '', body?: unknown) => {
    const { status, json } = await ask(method, path, body)
    const pointer = ['paths', template, method.toLowerCase(), 'responses', String(status), 'content']
      .map((part) => part.replaceAll('~', '~0').replaceAll('/', '~1'))
      .map(encodeURIComponent)
      .join('/')
    const validate = ajv.compile({ $ref: `api#/${pointer}/application~1json/schema` })
    validate(json)
    expect({ path, errors: validate.errors, json }).toEqual({ path, errors: null, json })
    return json
  }

  await ask('PUT', '/v1/subjects/acme', { plan: 'pro', daily: 7, until: '2027-01-01T00:00:00Z' })
  for (let i = 0; i < 3; i++) await holds('POST', '/v1/consume', undefined, { subject: 'a' })
  await holds('POST', '/v1/consume', undefined, { subject: 'a', cost: 1_000_000 })
  await holds('POST', '/v1/peek', undefined, { subject: 'acme' })
  const { id } = await holds('POST', '/v1/reserve', undefined, { subject: 'acme' })
  await holds('POST', '/v1/commit', undefined, { id })
  await holds('POST', '/v1/cancel', undefined, { id })
  await holds('GET', '/v1/whoami')
  await holds('GET', '/v1/plans')
  await holds('PUT', '/v1/plans/x', '/v1/plans/{name}', { daily: 1 })
  await holds('PUT', '/v1/default', undefined, { plan: 'pro' })
  await holds('DELETE', '/v1/plans/x', '/v1/plans/{name}')
  await holds('PUT', '/v1/plans', undefined, { default: 'pro', plans: { pro: { daily: 9 } } })
  await holds('GET', '/v1/subjects')
  await holds('GET', '/v1/subjects/acme', '/v1/subjects/{subject}')
  await holds('GET', '/v1/subjects/nobody', '/v1/subjects/{subject}')
  await holds('PUT', '/v1/subjects/b', '/v1/subjects/{subject}', { plan: 'pro' })
  await holds('GET', '/v1/usage?from=2026-01-01&to=2027-01-01&by=total&groupBy=subject,meter,plan')
  await holds('GET', '/v1/live?seconds=3')
  await holds('GET', '/v1/changes')
  await holds('GET', '/healthz')
  await holds('GET', '/readyz')
  for (const path of ['/metrics', '/v1/usage.csv?from=2026-01-01&to=2027-01-01&by=total']) {
    const { headers } = await ask('GET', path)
    const { content } = document.paths[path.split('?')[0] ?? ''].get.responses[200]
    expect(Object.keys(content)).toEqual([headers.get('content-type')?.split(';')[0]])
  }
  for (const [query, headers] of [
    ['cost=99', { 'x-headgate-subject': 'a' }],
    ['cost=99&deny=403', { 'x-headgate-subject': 'a' }],
    ['cost=x', { 'x-headgate-subject': 'a' }],
    ['', undefined],
  ] as const) {
    await holdsAtGate(await ask('GET', `/v1/gate?${query}`, undefined, headers), document)
  }
  const away = new HeadgateError({ code: 'STORE_FAILED', message: 'It is away', fix: 'Look into it' })
  const store = { ...memoryStore(), decide: () => Promise.reject(away) }
  const closing = await start({ failure: 'deny', store })
  const denied = await closing.ask('GET', '/v1/gate', undefined, { 'x-headgate-subject': 'a' })
  expect(denied.status).toBe(503)
  await holdsAtGate(denied, document)
  const problem = (await ask('POST', '/v1/consume', {})).json
  expect(ajv.validate({ $ref: 'api#/components/schemas/Problem' }, problem)).toBe(true)
})

// biome-ignore lint/suspicious/noExplicitAny: a JSON document
async function holdsAtGate({ status, json }: { status: number; json: any }, document: any): Promise<void> {
  const { responses } = document.paths['/v1/gate'].get
  const { schema } = (responses[status] ?? responses.default).content['application/problem+json']
  const ajv = new Ajv2020({ strict: false, allErrors: true })
  const validate = ajv.compile({ ...closed(schema), components: closed(document.components) })
  expect({ status, json, isDescribed: validate(json) }).toMatchObject({ isDescribed: true })
}

/** With no more fields than are described. */
// biome-ignore lint/suspicious/noExplicitAny: a JSON document
function closed(json: any): any {
  if (Array.isArray(json)) return json.map(closed)
  if (typeof json !== 'object' || json === null) return json
  const all = Object.fromEntries(Object.entries(json).map(([key, value]) => [key, closed(value)]))
  const isClosed =
    json.type === 'object' && json.properties !== undefined && json.additionalProperties === undefined
  return isClosed ? { ...all, additionalProperties: false } : all
}
