import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parseServe, SERVE_HELP } from '../src/serve/options.ts'
import { findTokens, isLoopback } from '../src/serve/tokens.ts'
import { tempFolder } from './support.ts'

const SECRET = 'a-secret-of-thirty-two-letters--'

describe('the options of serve', () => {
  it('are few to begin with', () => {
    expect(parseServe([], {})).toEqual({
      host: '127.0.0.1',
      port: 8787,
      plans: undefined,
      records: { kind: 'sqlite', file: 'headgate.db' },
      store: { kind: 'sqlite', file: 'headgate.db' },
      usageDays: 400,
      tokens: undefined,
      headers: 'draft-11',
      shadow: [],
      timeout: 250,
      failure: 'memory',
      instances: 1,
      quiet: false,
    })
  })

  it('are explained, within the width of a terminal', () => {
    expect(parseServe(['--help'], {})).toBeUndefined()
    expect(parseServe(['-h'], {})).toBeUndefined()
    for (const line of SERVE_HELP.split('\n')) expect(line.length).toBeLessThanOrEqual(120)
  })

  it('put the counters where the plans are, unless told', () => {
    const postgres = { kind: 'postgres', url: 'postgresql://db/app' }
    const redis = { kind: 'redis', url: 'redis://r' }
    const file = { kind: 'sqlite', file: 'a.db' }
    expect(parseServe(['--data', 'a.db'], {})).toMatchObject({ records: file, store: file })
    expect(parseServe(['--database', postgres.url], {})).toMatchObject({ records: postgres, store: postgres })
    const both = { HEADGATE_DATABASE: postgres.url, HEADGATE_STORE: redis.url }
    expect(parseServe([], both)).toMatchObject({ records: postgres, store: redis })
    expect(parseServe(['--store', 'memory'], both)).toMatchObject({
      records: postgres,
      store: { kind: 'memory' },
    })
    // As a file of variables has what isn't filled in.
    expect(parseServe([], { HEADGATE_DATABASE: '', HEADGATE_STORE: '' })).toEqual(parseServe([], {}))
  })

  it('are all of them heard', () => {
    const args = [
      ...['--host', '::1', '--port', '0', '--plans', 'p.yaml', '--usage-days', '0', '--tokens', 't.json'],
      ...[
        '--headers',
        'draft-7',
        '--headers',
        'legacy-delta',
        '--failure',
        'deny',
        '--instances',
        '3',
        '--timeout',
        '9',
        '--shadow',
        'daily',
        '--shadow',
        'exports',
        '--quiet',
      ],
    ]
    expect(parseServe(args, {})).toMatchObject({
      host: '::1',
      port: 0,
      plans: 'p.yaml',
      usageDays: 0,
      tokens: 't.json',
      headers: ['draft-7', 'legacy-delta'],
      shadow: ['daily', 'exports'],
      failure: 'deny',
      timeout: 9,
      instances: 3,
      quiet: true,
    })
  })

  it.each([
    [['--port', '65536'], '`--port` must be a whole number from 0 to 65535, not "65536".'],
    [['--port', '8787.5'], '`--port` must be a whole number'],
    [['--port', ''], '`--port` must be a whole number'],
    [['--port', '0x50'], '`--port` must be a whole number'],
    [['--instances', '0'], '`--instances` must be a whole number from 1 to 1000, not "0".'],
    [['--usage-days', '-1'], "Option '--usage-days' argument is ambiguous"],
    [['--usage-days=-1'], '`--usage-days` must be a whole number from 0 to 36500, not "-1".'],
    [['--timeout', '1001'], '`--timeout` must be a whole number from 1 to 1000, not "1001".'],
    [['--shadow', 'a b'], '`--shadow` must be a name, not "a b".'],
    [['--failure', 'pass'], '`--failure` must be one of memory, allow, deny, not "pass".'],
    [['--headers', 'draft-3'], '`--headers` must be one of draft-11, draft-7,'],
    [['--store', 'mysql://root:secret@db/x'], '`--store` must be memory, sqlite:FILE, redis://…'],
    [['--database', 'mysql://root:secret@db/x'], 'not "mysql://…@db/x".'],
    [
      ['--database', 'a.db'],
      '`--database` must be postgres://HOST/DATABASE, not "a.db". For a SQLite file use --data FILE',
    ],
    [['--data', 'a.db', '--database', 'postgres://db/x'], '`--data` has no place beside `--database`.'],
    [['--data', ''], '`--data` must be given, not "".'],
    [['--plans='], '`--plans` must be given'],
    [['--tokens='], '`--tokens` must be given'],
    [['--host='], '`--host` must be given'],
    [['--prot', '1'], "Unknown option '--prot'. See headgate serve --help"],
    [['plans.yaml'], 'Unexpected argument'],
  ])('%j is refused', (args, message) => {
    expect(() => parseServe(args, {})).toThrow(message)
  })
})

describe('tokens', () => {
  const inFile = (content: unknown, env: NodeJS.ProcessEnv = {}) => {
    const file = join(tempFolder(), 'tokens.json')
    writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content))
    return findTokens({ file, env, host: '0.0.0.0' })
  }

  it('are made where there are none and only this machine can ask, anew each time', async () => {
    const find = () => findTokens({ file: undefined, env: {}, host: '127.0.0.1' })
    const { all, made } = await find()
    expect(all).toEqual([
      { name: 'decide', scope: 'decide', token: made?.decide },
      { name: 'manage', scope: 'manage', token: made?.manage },
    ])
    const others = (await find()).made
    const secrets = [made?.decide, made?.manage, others?.decide, others?.manage]
    expect(new Set(secrets).size).toBe(4)
    for (const secret of secrets) expect(secret).toMatch(/^[\w-]{43}$/)
  })

  it('must be told where others can ask', async () => {
    for (const host of ['0.0.0.0', '::', '192.0.2.1', 'example.com', '127.0.0.1.example.com', '1270.0.0.1']) {
      await expect(findTokens({ file: undefined, env: {}, host })).rejects.toThrow(
        `There are no tokens, and others can reach "${host}". Set HEADGATE_TOKEN`,
      )
    }
    expect(['localhost', '127.0.0.1', '127.1.2.3', '::1'].every(isLoopback)).toBe(true)
  })

  it('come from variables', async () => {
    const env = {
      HEADGATE_TOKEN: `${SECRET}1`,
      HEADGATE_READ_TOKEN: `${SECRET}2`,
      HEADGATE_MANAGE_TOKEN: `${SECRET}3`,
    }
    expect(await findTokens({ file: undefined, env, host: '0.0.0.0' })).toEqual({
      all: [
        { name: 'decide', scope: 'decide', token: `${SECRET}1` },
        { name: 'read', scope: 'read', token: `${SECRET}2` },
        { name: 'manage', scope: 'manage', token: `${SECRET}3` },
      ],
    })
  })

  it('come from a file, which may name variables, and from both', async () => {
    const sha256 = createHash('sha256').update(SECRET).digest('hex')
    const file = {
      app: { scope: 'decide', sha256 },
      grafana: { scope: 'read', token: `${SECRET}g` },
      ops: { scope: 'manage', env: 'OPS_TOKEN' },
    }
    expect(await inFile(file, { OPS_TOKEN: `${SECRET}o`, HEADGATE_TOKEN: `${SECRET}v` })).toEqual({
      all: [
        { name: 'app', scope: 'decide', sha256 },
        { name: 'grafana', scope: 'read', token: `${SECRET}g` },
        { name: 'ops', scope: 'manage', token: `${SECRET}o` },
        { name: 'decide', scope: 'decide', token: `${SECRET}v` },
      ],
    })
  })

  it.each([
    ['HEADGATE_TOKEN', ''],
    ['HEADGATE_TOKEN', 'fifteen-letters'],
    ['HEADGATE_MANAGE_TOKEN', `${SECRET} ${SECRET}`],
    ['HEADGATE_READ_TOKEN', `${SECRET}ü`],
    ['HEADGATE_READ_TOKEN', `${SECRET}\n`],
    ['HEADGATE_READ_TOKEN', 'x'.repeat(513)],
  ])('%s=%j is refused', async (variable, token) => {
    const found = findTokens({ file: undefined, env: { [variable]: token }, host: '127.0.0.1' })
    await expect(found).rejects.toThrow(`\`${variable}\` must be 16 to 512 letters, digits and`)
  })

  it('may stand in YAML', async () => {
    const sha256 = 'a'.repeat(64)
    const text = `# ours\nshop: { scope: decide, sha256: ${sha256} }\nops:\n  scope: manage\n  env: OPS\n`
    const { all } = await inFile(text, { OPS: SECRET })
    expect(all).toEqual([
      { name: 'shop', scope: 'decide', sha256 },
      { name: 'ops', scope: 'manage', token: SECRET },
    ])
  })

  const scope = 'decide'
  it.each([
    [
      `{"app": {"scope": "decide", "token": ${SECRET}`,
      'tokens.json` is neither YAML nor JSON. Correct it there',
    ],
    [[{ scope, token: SECRET }], 'tokens.json` must be an object.'],
    [null, 'tokens.json` must be an object.'],
    [{}, 'tokens.json` has no token.'],
    [{ app: SECRET }, 'tokens.json: app` must be an object.'],
    [{ 'my app': { scope, token: SECRET } }, 'must be a name, not "my app"'],
    [{ app: { token: SECRET } }, 'tokens.json: app` must have a scope. It is "decide", "read" or "manage"'],
    [{ app: { scope: 'admin', token: SECRET } }, 'app` must have a scope.'],
    [{ app: { scope } }, 'app` must have one of token, sha256 and env.'],
    [{ app: { scope, token: SECRET, env: 'A' } }, 'app` must have one of token, sha256 and env.'],
    [{ app: { scope, secret: SECRET } }, 'app` has "secret". There are scope, token, sha256 and env'],
    [{ app: { scope, token: 'fifteen-letters' } }, 'app.token` must be 16 to 512 letters'],
    [{ app: { scope, token: 1e20 } }, 'app.token` must be 16 to 512 letters'],
    [{ app: { scope, sha256: SECRET } }, 'app.sha256` must be 64 hexadecimal digits in small letters.'],
    [{ app: { scope, env: 'NOT_SET' } }, 'app.env` names a variable that is not set.'],
    [{ app: { scope, env: 7 } }, 'app.env` names a variable that is not set.'],
    [{ app: { scope, env: 'SHORT' } }, '`SHORT` must be 16 to 512 letters'],
  ])('a file with %j is refused', async (content, message) => {
    const error: unknown = await inFile(content, { SHORT: 'short' }).catch((reason) => reason)
    expect((error as Error).message).toContain(message)
    // Whatever is wrong, it isn't told to whoever reads the terminal or the log.
    expect((error as Error).message).not.toContain(SECRET)
    expect((error as Error).message).not.toContain('fifteen-letters')
  })
})
