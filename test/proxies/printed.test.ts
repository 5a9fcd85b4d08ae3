import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { ask, type Serving, serve, until } from '../../packages/cli/test/serving.ts'
import { tempFolder } from '../../packages/cli/test/support.ts'

// Asked for by HEADGATE_PROXIES=1, where both are installed (Debian: nginx-light and caddy): no package of npm brings them.

/** The page that people copy from: what stands there is what is run here. */
const PAGE = readFileSync(new URL('../../docs/service.md', import.meta.url), 'utf8')

interface Proxy {
  readonly program: string
  /** Writes its configuration into a folder, and tells how it is started. */
  configure(folder: string, printed: string): readonly string[]
  /** In the printed configuration. */
  readonly port: number
  readonly language: string
  /** What clients get while the service doesn't answer, and while there is none. */
  readonly hanging: number
  readonly away: number
}

const proxies: readonly Proxy[] = [
  {
    program: 'nginx',
    port: 8080,
    language: 'nginx',
    hanging: 200,
    away: 200,
    configure(folder, printed) {
      // Where we are root, its workers are somebody else.
      chmodSync(folder, 0o755)
      const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
        .map((each) => `${each}_temp_path ${folder}/${each};`)
        .join('\n')
      const file = join(folder, 'nginx.conf')
      const own = `daemon off; pid ${folder}/pid; error_log stderr; events {}`
      writeFileSync(file, `${own}\nhttp {\naccess_log off;\n${paths}\n${printed}\n}\n`)
      return ['-c', file]
    },
  },
  {
    program: 'caddy',
    port: 8081,
    language: 'caddyfile',
    hanging: 504,
    away: 502,
    configure(folder, printed) {
      const file = join(folder, 'Caddyfile')
      writeFileSync(file, `{\n\tadmin off\n}\n${printed}`)
      return ['run', '--config', file, '--adapter', 'caddyfile']
    },
  },
]

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

/** Tells what it was asked, and how long the body was. */
async function startApp(): Promise<number> {
  const app = createServer({ maxHeaderSize: 65_536 }, async (incoming, response) => {
    let bytes = 0
    for await (const part of incoming) bytes += part.length
    response.writeHead(incoming.url === '/forbidden' ? 403 : 200)
    response.end(JSON.stringify({ method: incoming.method, url: incoming.url, bytes }))
  })
  app.listen(0, '127.0.0.1')
  await once(app, 'listening')
  onTestFinished(() => void app.close())
  return (app.address() as AddressInfo).port
}

interface Told {
  readonly status: number | undefined
  readonly headers: { readonly [name: string]: string | string[] | undefined }
  readonly body: string
}

interface Behind {
  readonly serving: Serving
  tell(
    path: string,
    given?: { headers?: Record<string, string>; method?: string; body?: string },
  ): Promise<Told>
}

/** An app behind a proxy that asks a service, whose default plan allows five a day. */
async function start({ program, port, language, configure }: Proxy): Promise<Behind> {
  const serving = await serve([])
  await ask(serving, 'PUT /v1/plans/free', { body: { daily: 5 } })
  const [app, own, folder] = [await startApp(), await freePort(), tempFolder()]
  const block = new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, 's').exec(PAGE)?.[1] ?? ''
  const printed = block
    .replaceAll(new RegExp(`\\b${port}\\b`, 'g'), `${own}`)
    .replaceAll('127.0.0.1:8787', new URL(serving.url).host)
    .replaceAll('127.0.0.1:3000', `127.0.0.1:${app}`)
    .replaceAll('Bearer TOKEN', `Bearer ${serving.tokens.decide}`)
  const child = spawn(program, configure(folder, printed), {
    stdio: 'ignore',
    env: { ...process.env, HOME: folder, XDG_DATA_HOME: folder, HEADGATE_TOKEN: serving.tokens.decide },
  })
  const ended = once(child, 'close')
  onTestFinished(async () => {
    child.kill()
    await ended
  })
  const tell: Behind['tell'] = (path, { headers, method = 'GET', body } = {}) =>
    new Promise((resolve, reject) => {
      const options = { host: '127.0.0.1', port: own, path, method, ...(headers && { headers }) }
      const sent = request(options, (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (part) => {
          text += part
        })
        response.on('end', () =>
          resolve({ status: response.statusCode, headers: response.headers, body: text }),
        )
      })
      sent.on('error', reject)
      sent.end(body)
    })
  const listens = () =>
    tell('/', { headers: { 'x-api-key': randomUUID() } }).then(
      () => true,
      () => false,
    )
  await until(listens, 'the proxy listens')
  return { serving, tell }
}

describe.each(proxies)('the printed configuration of $program', (proxy) => {
  it('counts by key, and by address, whatever a client writes', { timeout: 60_000 }, async () => {
    const { tell } = await start(proxy)
    const leftOf = async (headers: Record<string, string>, path: string) => {
      const { status, headers: told } = await tell(path, { headers })
      expect(status).toBe(200)
      return told['ratelimit']
    }
    const key = { 'x-api-key': 'acme' }
    for (const [headers, left] of [
      [key, 4],
      [{ ...key, 'x-headgate-subject': 'somebody else' }, 3],
      [{}, 4],
      [{ 'x-headgate-subject': 'key acme' }, 3],
    ] as const) {
      expect(await leftOf(headers, '/orders?cost=0&deny=200')).toContain(`"daily";r=${left};`)
    }
    await leftOf(key, '/?cost=4')
    await leftOf(key, '/?cost=x')
    await leftOf(key, '/?deny=200')
    const denied = await tell('/?cost=0', { headers: key })
    expect(denied.status).toBe(429)
    expect(denied.headers).toMatchObject({
      'content-type': 'application/problem+json',
      'retry-after': expect.stringMatching(/^\d+$/),
      ratelimit: expect.stringContaining('"daily";r=0;'),
      'ratelimit-policy': expect.stringContaining('"daily";q=5'),
    })
    expect(JSON.parse(denied.body)).toMatchObject({ title: 'Quota Exceeded', status: 429 })
  })

  it('hands the app what it was sent, and the client what the app says', { timeout: 60_000 }, async () => {
    const { tell } = await start(proxy)
    const body = 'x'.repeat(1_000_000)
    const told = await tell('/up?cost=2', { headers: { 'x-api-key': 'a' }, method: 'POST', body })
    expect(JSON.parse(told.body)).toEqual({ method: 'POST', url: '/up?cost=2', bytes: 1_000_000 })
    const forbidden = await tell('/forbidden', { headers: { 'x-api-key': 'b' } })
    expect(forbidden.status).toBe(403)
    expect(JSON.parse(forbidden.body)).toMatchObject({ url: '/forbidden' })
    if (proxy.program === 'nginx') {
      // More fields than the gate would read, which are none of its business.
      const many = Object.fromEntries(['a', 'b', 'c'].map((name) => [`x-${name}`, 'y'.repeat(7_000)]))
      expect((await tell('/', { headers: { 'x-api-key': 'c', ...many } })).status).toBe(200)
    }
  })

  it('lets nobody wait for a service that hangs or is gone', { timeout: 60_000 }, async () => {
    const { serving, tell } = await start(proxy)
    const statusOf = async () => (await tell('/', { headers: { 'x-api-key': 'acme' } })).status
    serving.child.kill('SIGSTOP')
    expect(await statusOf()).toBe(proxy.hanging)
    serving.child.kill('SIGCONT')
    expect(await serving.end()).toBe(0)
    expect(await statusOf()).toBe(proxy.away)
  })
})
