import { once } from 'node:events'
import { connect } from 'node:net'
import { memoryStore } from '@headgate/memory'
import { createUsage, memoryLedger } from '@headgate/usage'
import { expect, onTestFinished, test } from 'vitest'
import { type Running, start, TOKENS } from './support.ts'

const READ = `Host: x\r\nAuthorization: Bearer ${TOKENS.read}\r\n`
const MANAGE = `Host: x\r\nAuthorization: Bearer ${TOKENS.manage}\r\nContent-Type: application/json\r\n`
const CSV = `GET /v1/usage.csv?from=2026-03-01&to=2026-04-01&by=total HTTP/1.1\r\n${READ}\r\n`

/** A connection on which nothing is said but what a test writes. */
async function open({ url }: Running) {
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  onTestFinished(() => void socket.destroy())
  socket.on('error', () => {})
  await once(socket, 'connect')
  const heard = { text: '' }
  const closed = new Promise<string>((resolve) => socket.once('close', () => resolve(heard.text)))
  const hear = () => socket.on('data', (data) => (heard.text += data))
  return { socket, heard, closed, hear }
}

/** What is answered to these bytes, until the connection is closed. */
async function say(running: Running, bytes: string): Promise<string> {
  const { socket, closed, hear } = await open(running)
  hear()
  socket.write(bytes)
  return closed
}

test.each([
  ['what is no HTTP', '\x16\x03\x01\r\n\r\n', 400, 'BAD_REQUEST'],
  ['a version that there is not', 'GET / HTTP/7.1\r\n\r\n', 400, 'BAD_REQUEST'],
  [
    'two lengths',
    'POST /v1/peek HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n',
    400,
    'BAD_REQUEST',
  ],
  [
    'fields that are too long',
    `GET / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`,
    431,
    'HEADERS_TOO_LARGE',
  ],
  [
    'a subject that is far too long',
    `GET /v1/subjects/${'x'.repeat(9_000)} HTTP/1.1\r\n${READ}Connection: close\r\n\r\n`,
    414,
    'URI_TOO_LONG',
  ],
  [
    'a path that is none',
    `GET /v1/subjects/%zz HTTP/1.1\r\n${READ}Connection: close\r\n\r\n`,
    400,
    'BAD_REQUEST',
  ],
  [
    'a path that only looks like one',
    `GET //v1/whoami HTTP/1.1\r\n${READ}Connection: close\r\n\r\n`,
    404,
    'NOT_FOUND',
  ],
  [
    'a path out of the dashboard',
    `GET /..%2f..%2fpackage.json HTTP/1.1\r\n${READ}Connection: close\r\n\r\n`,
    404,
    'NOT_FOUND',
  ],
])('answers %s with problem details', async (_, bytes, status, code) => {
  const answer = await say(await start(), bytes)
  const [head = '', body = ''] = answer.split('\r\n\r\n')
  expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
  for (const field of ['content-type: application/problem+json', 'x-content-type-options: nosniff'])
    expect(head.toLowerCase()).toContain(field)
  expect(JSON.parse(body)).toMatchObject({
    type: 'about:blank',
    title: expect.stringMatching(/^(?!Error$)/),
    status,
    code,
  })
})

test('closes though browsers keep connections in reserve, and others break off', async () => {
  const running = await start()
  const silent = await open(running)
  const field = await open(running)
  const body = await open(running)
  for (const { hear } of [silent, field, body]) hear()
  field.socket.write('GET /v1/whoami HTTP/1.1\r\nHost')
  body.socket.write(`PUT /v1/plans HTTP/1.1\r\n${MANAGE}Content-Length: 99\r\n\r\n{`)
  await running.ask('GET', '/healthz')
  await running.service.close()
  await Promise.all([silent.closed, field.closed, body.closed])
})

test('who has asked is answered before it closes, and so is who goes on', async () => {
  const inner = memoryStore()
  let answer = (): void => {}
  const held = new Promise<void>((resolve) => {
    answer = resolve
  })
  let asked = (): void => {}
  const isAsked = new Promise<void>((resolve) => {
    asked = resolve
  })
  const running = await start({
    timeout: '30s',
    store: {
      ...inner,
      async decide(checks, now) {
        asked()
        await held
        return inner.decide(checks, now)
      },
    },
  })
  const question = '{"subject":"a"}'
  const post = `POST /v1/peek HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${TOKENS.decide}\r\nContent-Type: application/json\r\nContent-Length: ${question.length}\r\n\r\n${question}`
  const { socket, closed, hear } = await open(running)
  hear()
  // The second comes on the same connection while the service closes.
  socket.write(post)
  await isAsked
  const closing = running.service.close()
  await expect.poll(() => running.service.app.server.listening).toBe(false)
  socket.write(post)
  await new Promise((resolve) => setTimeout(resolve, 1_500))
  answer()
  await closing
  const text = await closed
  expect(text).not.toContain('503')
  expect(text.match(/HTTP\/1.1 200/g)?.length).toBeGreaterThanOrEqual(1)
})

test.each([
  ['goes away', true],
  ['stops reading', false],
])('who fetches a file and %s lets go of the ledger', async (_, goes) => {
  let free = (): void => {}
  const isFree = new Promise<void>((resolve) => {
    free = resolve
  })
  const usage = createUsage({ ledger: memoryLedger() })
  const running = await start({
    usage: {
      ...usage,
      async *export() {
        try {
          const figures = { requests: 1, denied: 0, units: 1, deniedUnits: 0 }
          for (;;) yield { start: '', end: '', subject: 'x'.repeat(500), ...figures }
        } finally {
          free()
        }
      },
    },
  })
  // As long as a connection may stand still.
  expect(running.service.app.server.timeout).toBeGreaterThan(10_000)
  running.service.app.server.timeout = 200
  const { socket } = await open(running)
  socket.write(CSV)
  await once(socket, 'readable')
  if (goes) socket.destroy()
  await isFree
})

test('an answer may take longer than a connection may stand still', async () => {
  const inner = memoryStore()
  const { ask, service } = await start({
    timeout: '30s',
    store: {
      ...inner,
      async decide(checks, now) {
        await new Promise((resolve) => setTimeout(resolve, 500))
        return inner.decide(checks, now)
      },
    },
  })
  service.app.server.timeout = 50
  expect((await ask('POST', '/v1/peek', { subject: 'a' })).json).toMatchObject({
    allowed: true,
    degraded: null,
  })
})

test('who begins a request must end it', async () => {
  const { service } = await start()
  expect(service.app.server.requestTimeout).toBeGreaterThan(0)
  expect(service.app.server.requestTimeout).toBeLessThanOrEqual(60_000)
})
