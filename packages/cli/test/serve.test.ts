import { execFile } from 'node:child_process'
import {
  chmodSync,
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs'
import { Agent, request } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { describe, expect, it, onTestFinished } from 'vitest'
import { ask, consume, serve, serveInVain, start, until } from './serving.ts'
import { tempFolder } from './support.ts'

const ALWAYS = 'from=2020-01-01&to=2100-01-01&by=total'
const SECRET = 'a-secret-of-thirty-two-letters--'

describe('by itself', () => {
  it('begins with example plans, and keeps counts, plans and usage over a restart', async () => {
    const cwd = tempFolder()
    const first = await serve([], { cwd })
    expect(first.stderr()).toContain('new there, for you to change: free, basic, premium, enterprise')
    const { body: written } = await ask(first, 'GET /v1/plans')
    expect(written).toMatchObject({ default: 'free', readOnly: false })
    expect(Object.keys(written.plans).sort()).toEqual(['basic', 'enterprise', 'free', 'premium'])

    const gold = { daily: 50, priority: 40 }
    expect(await ask(first, 'PUT /v1/plans/gold', { body: gold })).toMatchObject({ status: 200 })
    expect(await ask(first, 'PUT /v1/subjects/acme', { body: { plan: 'gold' } })).toMatchObject({
      status: 200,
    })
    const taken = await consume(first, 'acme', 20)
    expect(taken).toMatchObject({
      status: 200,
      body: { allowed: true, plan: 'gold', remaining: 30, degraded: null },
    })
    expect(taken.body.headers['ratelimit']).toMatch(/^"daily";r=30;t=\d+$/)
    expect((await consume(first, 'acme', 31)).body).toMatchObject({ allowed: false })
    expect(await first.end()).toBe(0)
    // What SQLite keeps beside its file while it is open is gone: one file can be copied.
    expect(readdirSync(cwd)).toEqual(['headgate.db'])

    const second = await serve([], { cwd })
    expect(second.stderr()).not.toContain('new there')
    expect((await ask(second, 'GET /v1/plans')).body.plans.gold).toEqual(gold)
    expect((await consume(second, 'acme', 1)).body).toMatchObject({
      allowed: true,
      plan: 'gold',
      remaining: 29,
    })
    const { body } = await ask(second, `GET /v1/usage?${ALWAYS}&subject=acme`)
    expect(body.rows).toMatchObject([{ requests: expect.any(Number), denied: 1, deniedUnits: 31 }])
    expect(body.rows[0].units).toBeGreaterThanOrEqual(20)
    expect(await second.end('SIGINT')).toBe(0)
  })

  it('loses no count by kill -9, and of usage at most what was not written yet', async () => {
    const cwd = tempFolder()
    const first = await serve([], { cwd })
    await consume(first, 'acme', 5)
    const usageOf = async (serving: typeof first): Promise<number> =>
      (await ask(serving, `GET /v1/usage?${ALWAYS}`)).body.rows[0]?.units ?? 0
    await until(async () => (await usageOf(first)) === 5, 'usage is written')
    const { body } = await consume(first, 'acme', 3)
    expect(await first.end('SIGKILL')).toBe('SIGKILL')

    const second = await serve([], { cwd })
    const after = (await ask(second, 'POST /v1/peek', { body: { subject: 'acme' } })).body
    expect(after.limits.daily.remaining).toBe(body.limits.daily.remaining)
    const units = await usageOf(second)
    expect(units).toBeGreaterThanOrEqual(5)
    expect(units).toBeLessThanOrEqual(8)
  })

  it('only tries out the limits that it is told', async () => {
    const service = await serve(['--shadow', 'rate'])
    expect((await consume(service, 'acme', 31)).body).toMatchObject({
      allowed: true,
      shadow: true,
      limits: { rate: { allowed: false, shadow: true }, daily: { remaining: 969 } },
    })
    expect(await service.end()).toBe(0)
  })

  it('may be two at one file', async () => {
    const cwd = tempFolder()
    const both = await Promise.all([serve([], { cwd }), serve([], { cwd })])
    const answers = await Promise.all(
      Array.from({ length: 60 }, (_, i) => consume(both[i % 2] as (typeof both)[0], 'acme')),
    )
    expect(answers.filter(({ body }) => body.allowed)).toHaveLength(30)
    expect(answers.filter(({ body }) => body.degraded !== null)).toEqual([])
    expect(await Promise.all(both.map((each) => each.end()))).toEqual([0, 0])
  })

  it('answers while somebody else keeps its file to themselves, and writes usage later', {
    timeout: 120_000,
  }, async () => {
    const cwd = tempFolder()
    const serving = await serve(['--timeout', '20'], { cwd })
    await consume(serving, 'acme', 0)
    const other = new Database(join(cwd, 'headgate.db'))
    other.exec('BEGIN IMMEDIATE')
    const begun = performance.now()
    // As patiently as at the start, either eight would take 40 s.
    for (let i = 0; i < 8; i++) {
      expect((await consume(serving)).body).toMatchObject({ allowed: true, degraded: expect.any(String) })
      expect((await ask(serving, 'PUT /v1/plans/gold', { body: { daily: 5 } })).status).toBe(503)
    }
    await until(
      () => serving.log().some(({ msg }) => msg.includes('The usage ledger')),
      'it was to be written',
    )
    expect((await ask(serving, 'GET /v1/plans')).status).toBe(200)
    expect(performance.now() - begun).toBeLessThan(40_000)
    other.close()
    await until(
      async () => (await consume(serving, 'acme', 0)).body.degraded === null,
      'the file decides again',
    )
    expect(await serving.end()).toBe(0)
    const { body } = await ask(await serve([], { cwd }), `GET /v1/usage?${ALWAYS}`)
    expect(body.rows).toMatchObject([{ units: 8 }])
  })

  it('forgets usage that is too old, and can keep none', async () => {
    const cwd = tempFolder()
    await (await serve([], { cwd })).end()
    const database = new Database(join(cwd, 'headgate.db'))
    const insert = database.prepare(
      `INSERT INTO headgate_usage (slot, subject, meter, plan, requests, denied, units, denied_units)
       VALUES (?, ?, 'requests', '', 1, 0, 1, 0)`,
    )
    const daysAgo = (days: number) =>
      BigInt(Math.floor((Date.now() - days * 86_400_000) / 900_000) * 900_000_000)
    insert.run(daysAgo(31), 'old')
    insert.run(daysAgo(29), 'young')
    database.close()

    const keeping = await serve(['--usage-days', '30'], { cwd })
    const subjects = async () => {
      const { body } = await ask(keeping, `GET /v1/usage?${ALWAYS}&groupBy=subject`)
      return body.rows.map(({ subject }: { subject: string }) => subject)
    }
    await until(async () => (await subjects()).length === 1, 'the old row is gone')
    expect(await subjects()).toEqual(['young'])
    await keeping.end()

    const none = await serve(['--usage-days', '0'], { cwd })
    expect((await ask(none, `GET /v1/usage?${ALWAYS}`)).status).toBe(404)
  })
})

describe('who may ask', () => {
  it('is who has a token that was printed, and nowhere logged', async () => {
    const serving = await serve([])
    const { decide, manage } = serving.tokens
    expect(decide).toMatch(/^[\w-]{43}$/)
    expect(manage).toMatch(/^[\w-]{43}$/)
    expect(manage).not.toBe(decide)
    const statusOf = async (request: string, token: string, body?: unknown) =>
      (await ask(serving, request, { token, body })).status
    expect(await statusOf('POST /v1/consume', decide, { subject: 'acme' })).toBe(200)
    expect(await statusOf('GET /v1/plans', decide)).toBe(403)
    expect(await statusOf('GET /v1/plans', manage)).toBe(200)
    expect(await statusOf('GET /v1/plans', `${manage.slice(0, -1)}!`)).toBe(401)
    expect(await statusOf('POST /v1/consume', 'nobody', { subject: 'acme' })).toBe(401)
    expect(await statusOf('GET /healthz', 'nobody')).toBe(200)
    await serving.end()
    expect(serving.log().length).toBeGreaterThan(0)
    for (const secret of [decide, manage]) expect(serving.stdout()).not.toContain(secret)
  })

  it('is told by variables and by a file, whose tokens are neither printed nor logged', async () => {
    const cwd = tempFolder()
    writeFileSync(
      join(cwd, 'tokens.json'),
      JSON.stringify({
        ops: { scope: 'manage', token: `${SECRET}o` },
        metrics: { scope: 'read', env: 'METRICS' },
      }),
    )
    const env = { METRICS: `${SECRET}m`, HEADGATE_TOKEN: `${SECRET}d` }
    const serving = await serve(['--tokens', 'tokens.json', '--host', '0.0.0.0'], { cwd, env })
    expect(serving.stderr()).toContain('ops (manage), metrics (read), decide\n')
    const here = { url: serving.url.replace('0.0.0.0', '127.0.0.1'), tokens: serving.tokens }
    const whoami = async (last: string) =>
      (await ask(here, 'GET /v1/whoami', { token: `${SECRET}${last}` })).body
    expect(await whoami('o')).toMatchObject({ name: 'ops', scope: 'manage' })
    expect(await whoami('m')).toMatchObject({ name: 'metrics', scope: 'read' })
    expect((await ask(here, 'GET /metrics', { token: `${SECRET}m` })).body).toContain('headgate_')
    const body = { subject: 'acme' }
    expect((await ask(here, 'POST /v1/consume', { token: `${SECRET}d`, body })).status).toBe(200)
    expect((await ask(here, 'POST /v1/consume', { token: `${SECRET}m`, body })).status).toBe(403)
    await serving.end()
    expect(serving.stdout() + serving.stderr()).not.toContain(SECRET)
  })

  it('must be said before others can reach it', async () => {
    const cwd = tempFolder()
    const { code, stdout, stderr } = await serveInVain(['--host', '0.0.0.0'], { cwd })
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(
      /^headgate: There are no tokens, and others can reach "0\.0\.0\.0"\. Set HEADGATE_TOKEN /,
    )
    const short = await serveInVain([], { cwd, env: { HEADGATE_TOKEN: 'short-secret' } })
    expect(short).toMatchObject({ code: 2, stdout: '' })
    expect(short.stderr).toContain('`HEADGATE_TOKEN` must be 16 to 512 letters')
    expect(short.stderr).not.toContain('short-secret')
    const twice = await serveInVain([], {
      cwd,
      env: { HEADGATE_TOKEN: SECRET, HEADGATE_MANAGE_TOKEN: SECRET },
    })
    expect(twice).toMatchObject({ code: 2 })
    expect(twice.stderr).not.toContain(SECRET)
  })
})

describe('plans in a file', () => {
  it('are followed while it changes, and by nobody changed over HTTP', async () => {
    const cwd = tempFolder()
    const file = join(cwd, 'plans.yaml')
    const write = (text: string) => {
      writeFileSync(`${file}.new`, text)
      renameSync(`${file}.new`, file)
    }
    write('default: free\nplans: { free: { daily: 10 }, big: { daily: 99 } }\nsubjects: { acme: big }\n')
    const serving = await serve(['--plans', 'plans.yaml'], { cwd })
    expect(serving.stderr()).toContain('plans.yaml, which is followed')
    expect(serving.stderr()).not.toContain('new there')
    const left = async (subject: string): Promise<number> =>
      (await ask(serving, 'POST /v1/peek', { body: { subject } })).body.remaining
    expect(await left('acme')).toBe(99)
    expect(await left('other')).toBe(10)
    expect((await ask(serving, 'GET /v1/whoami')).body.readOnly).toBe(true)
    const refused = await ask(serving, 'PUT /v1/plans/free', { body: { daily: 1_000 } })
    expect(refused).toMatchObject({ status: 405, body: { code: 'READ_ONLY' } })

    await consume(serving, 'acme', 9)
    write('default: free\nplans: { free: { daily: 20 }, big: { daily: 999 } }\nsubjects: { acme: big }\n')
    await until(async () => (await left('acme')) === 990, 'the new plans are in force')
    expect(await left('other')).toBe(20)

    write('default: free\nplans: { free: { daily: 0 } }\n')
    await until(
      () => serving.log().some(({ msg }) => msg.includes('plans.free.daily')),
      'it says what is wrong',
    )
    expect(await left('acme')).toBe(990)
    expect(await serving.end()).toBe(0)
  })

  it('must be there and right at the start', async () => {
    const cwd = tempFolder()
    const absent = await serveInVain(['--plans', 'none.yaml'], { cwd })
    expect(absent).toMatchObject({
      code: 1,
      stderr: "headgate: can't read none.yaml: there is no such file\n",
    })
    writeFileSync(join(cwd, 'plans.json'), '{"default":"free","plans":{"pro":{"daily":1}}}')
    const wrong = await serveInVain(['--plans', 'plans.json'], { cwd })
    expect(wrong.code).toBe(2)
    expect(wrong.stderr).toContain('"plans.json": `default` is "free", and there is no such plan.')
  })

  it('need no file else, if counts are elsewhere and usage is not kept', async () => {
    const cwd = tempFolder()
    writeFileSync(join(cwd, 'plans.json'), '{"default":"free","plans":{"free":{"daily":1}}}')
    const serving = await serve(['--plans', 'plans.json', '--store', 'memory', '--usage-days', '0'], { cwd })
    expect((await consume(serving)).body.allowed).toBe(true)
    expect((await consume(serving)).body.allowed).toBe(false)
    await serving.end()
    expect(readdirSync(cwd)).toEqual(['plans.json'])
  })
})

describe('how it answers', () => {
  it('is as the options say', async () => {
    const args = [
      '--headers',
      'draft-6',
      '--headers',
      'legacy-delta',
      '--failure',
      'deny',
      '--data',
      'other.db',
    ]
    const cwd = tempFolder()
    const serving = await serve(args, { cwd })
    const { headers } = (await consume(serving)).body
    expect(headers).toMatchObject({ 'ratelimit-limit': '30', 'x-ratelimit-limit': '30' })
    expect(readdirSync(cwd)).toContain('other.db')
    await serving.end()
    const other = await serve(['--failure', 'allow', '--instances', '3'], { cwd })
    expect((await consume(other)).body.allowed).toBe(true)
    expect(await other.end()).toBe(0)
  })

  it('can be tried with the link and the command that are printed', async () => {
    const serving = await serve([])
    const { url, tokens } = serving
    expect(/dashboard +(\S+)/.exec(serving.stderr())?.[1]).toBe(`${url}/#token=${tokens.manage}`)
    const [, curl = ''] = /^ {2}(curl .*\n.*)$/m.exec(serving.stderr()) ?? []
    const printed = await new Promise<string>((resolve, reject) =>
      execFile('sh', ['-c', curl], (error, stdout) => (error ? reject(error) : resolve(stdout))),
    )
    expect(JSON.parse(printed)).toMatchObject({ allowed: true, plan: 'free' })
  })

  it('logs lines of JSON, and with --quiet only what is wrong', async () => {
    const loud = await serve([])
    await loud.end()
    expect(loud.log().map(({ msg }) => msg)).toContain('Told to end')
    const quiet = await serve(['--quiet'])
    await consume(quiet)
    await quiet.end()
    expect(quiet.stdout()).toBe('')
  })
})

describe('a log that nobody takes', () => {
  it.skipIf(!existsSync('/dev/full'))('on a full disk, keeps it from nothing', async () => {
    const cwd = tempFolder()
    const full = openSync('/dev/full', 'w')
    onTestFinished(() => closeSync(full))
    // Of a store that is away there is something to log all the time.
    const serving = await serve(['--store', 'redis://127.0.0.1:1'], { cwd, stdout: full })
    expect((await consume(serving, 'acme', 5)).body).toMatchObject({ allowed: true })
    expect(await serving.end()).toBe(0)
    const { body } = await ask(await serve([], { cwd }), `GET /v1/usage?${ALWAYS}`)
    expect(body.rows).toMatchObject([{ units: 5 }])
  })

  it.skipIf(!existsSync('/dev/full'))('may be what it tells at the start', async () => {
    const full = openSync('/dev/full', 'w')
    onTestFinished(() => closeSync(full))
    const { log, child, ended } = start([], { stderr: full, env: { HEADGATE_TOKEN: SECRET } })
    const listens = () => log().some(({ msg }) => msg.startsWith('Server listening'))
    await until(listens, 'it listens')
    const url = /http\S+/.exec(log().find(({ msg }) => msg.startsWith('Server listening'))?.msg ?? '')?.[0]
    expect((await fetch(`${url}/healthz`)).status).toBe(200)
    child.kill()
    expect(await ended).toBe(0)
  })

  it('since its reader is gone, doesn’t end it, nor keep it from ending in good order', async () => {
    const cwd = tempFolder()
    const serving = await serve([], { cwd })
    serving.child.stdout?.destroy()
    await consume(serving, 'acme', 5)
    expect(await serving.end()).toBe(0)
    const { body } = await ask(await serve([], { cwd }), `GET /v1/usage?${ALWAYS}`)
    expect(body.rows).toMatchObject([{ units: 5 }])
  })
})

describe('the end', () => {
  it('comes when what is under way is answered; nothing new is taken', async () => {
    const serving = await serve([])
    const { hostname, port } = new URL(serving.url)
    // As a proxy keeps connections: much longer than the service is to live.
    const agent = new Agent({ keepAlive: true })
    onTestFinished(() => agent.destroy())
    const slow = request(`${serving.url}/v1/consume`, {
      agent,
      method: 'POST',
      headers: {
        authorization: `Bearer ${serving.tokens.decide}`,
        'content-type': 'application/json',
        'transfer-encoding': 'chunked',
      },
    })
    const answered = new Promise<number | undefined>((resolve, reject) => {
      slow.on('response', (response) => {
        response.resume()
        response.on('end', () => resolve(response.statusCode))
      })
      slow.on('error', reject)
    })
    slow.write('{"subject":')
    // An answer on another connection: by now the one above is under way.
    await consume(serving)
    serving.child.kill('SIGTERM')
    const isRefused = () =>
      new Promise<boolean>((resolve) => {
        const socket = connect(Number(port), hostname, () => {
          socket.destroy()
          resolve(false)
        })
        socket.on('error', () => resolve(true))
      })
    await until(isRefused, 'connections are refused')
    slow.end('"acme"}')
    expect(await answered).toBe(200)
    expect(await serving.ended).toBe(0)
  })

  it.each([
    ['SIGTERM', 143],
    ['SIGINT', 130],
    ['SIGHUP', 129],
  ] as const)('comes at once when it is told twice, by %s', async (signal, code) => {
    const serving = await serve([])
    const stuck = request(`${serving.url}/v1/consume`, {
      method: 'POST',
      headers: { authorization: `Bearer ${serving.tokens.decide}`, 'content-type': 'application/json' },
    })
    stuck.on('error', () => {})
    stuck.write('{')
    await consume(serving)
    serving.child.kill(signal)
    await until(() => serving.log().some(({ msg }) => msg === 'Told to end'), 'it is about to end')
    expect(await serving.end(signal)).toBe(code)
  })

  it('comes with the terminal, and usage is written before', async () => {
    const cwd = tempFolder()
    const serving = await serve([], { cwd })
    await consume(serving, 'acme', 5)
    expect(await serving.end('SIGHUP')).toBe(0)
    const { body } = await ask(await serve([], { cwd }), `GET /v1/usage?${ALWAYS}`)
    expect(body.rows).toMatchObject([{ units: 5 }])
  })

  it('of one that is broken is logged, and usage is written before', async () => {
    const cwd = tempFolder()
    const before = `
      process.on('SIGUSR2', () => { throw new Error('on purpose') })
      process.on('SIGPIPE', () => { Promise.reject(new Error('on purpose')) })`
    for (const signal of ['SIGUSR2', 'SIGPIPE'] as const) {
      const serving = await serve([], { cwd, before })
      await consume(serving)
      expect(await serving.end(signal)).toBe(1)
      expect(serving.log()).toContainEqual(
        expect.objectContaining({ level: 50, msg: expect.stringContaining('on purpose') }),
      )
    }
    const { url, tokens } = await serve([], { cwd })
    const { body } = await ask({ url, tokens }, `GET /v1/usage?${ALWAYS}`)
    expect(body.rows).toMatchObject([{ requests: 2, units: 2 }])
  })
})

describe('what can’t be', () => {
  it('is a port that is taken', async () => {
    const { url } = await serve([])
    const { port } = new URL(url)
    const cwd = tempFolder()
    const { code, stderr } = await serveInVain(['--port', port], { cwd })
    expect(code).toBe(1)
    expect(stderr).toBe(
      `headgate: can't listen on 127.0.0.1, port ${port}: another program does already. Use --port N for another port, 0 for any that is free\n`,
    )
    // It ended in good order.
    expect(readdirSync(cwd)).toEqual(['headgate.db'])
  })

  it('is a file that it may only read', async () => {
    const cwd = tempFolder()
    await (await serve([], { cwd })).end()
    const file = join(cwd, 'headgate.db')
    chmodSync(file, 0o444)
    // Root may write to what nobody may: it becomes somebody else, once Node has read the sources.
    const before = process.getuid?.() === 0 ? "process.setuid('nobody')" : ''
    chmodSync(cwd, 0o777)
    const { code, stderr } = await serveInVain([], { cwd, before })
    expect(code).toBe(1)
    expect(stderr).toBe("headgate: can't open headgate.db: attempt to write a readonly database\n")
  })

  it('is an address that isn’t this machine’s', async () => {
    const env = { HEADGATE_TOKEN: SECRET }
    const { code, stderr } = await serveInVain(['--host', '192.0.2.1'], { env })
    expect(code).toBe(1)
    expect(stderr).toContain("can't listen on 192.0.2.1, port 0: this machine has no such address.")
  })

  it('is wrong usage, of which nothing is left', async () => {
    const cwd = tempFolder()
    const { code, stdout, stderr } = await serveInVain(['--failure', 'pass'], { cwd })
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(/^headgate: `--failure` must be [^\n]+\n$/)
    expect(await serveInVain(['--tokens', 'none.json'], { cwd })).toMatchObject({
      code: 1,
      stderr: "headgate: can't read none.json: there is no such file\n",
    })
    expect(readdirSync(cwd)).toEqual([])
  })

  it('is a file that is no database, or in no folder', async () => {
    const cwd = tempFolder()
    writeFileSync(
      join(cwd, 'text.db'),
      'this is not a database, but a text that is long enough to look like none',
    )
    const text = await serveInVain(['--data', 'text.db'], { cwd })
    expect(text.code).toBe(1)
    expect(text.stderr).toContain('not a database')
    expect(readFileSync(join(cwd, 'text.db'), 'utf8')).toContain('this is not a database')
    const lost = await serveInVain(['--data', 'no/such/folder.db'], { cwd })
    expect(lost.code).toBe(1)
    expect(lost.stderr).toContain("can't open no/such/folder.db: ")
    expect(lost.stderr).toContain('directory does not exist')
    expect(await serveInVain(['--data', '.'], { cwd })).toMatchObject({
      code: 1,
      stderr: "headgate: can't open .: unable to open database file\n",
    })
    expect(await serveInVain(['--tokens', '.'], { cwd })).toMatchObject({
      code: 1,
      stderr: "headgate: can't read .: it is a directory\n",
    })
  })
})
