import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { parseDemo } from '../src/demo/options.ts'
import { parseReplay } from '../src/replay/options.ts'
import { headgate, type Ran, tempFolder } from './support.ts'

const LIMIT = '{"algorithm":"fixed-window","limit":5,"window":"1m"}'

/**
 * Ten minutes, in each of which ann asks 8 times, bob 5 times and cy twice: with 5 a minute each, 5 + 5 + 2 = 12 of 15
 * are allowed and 3 denied, all of ann's; so 120 and 30 in all. Beside them four lines that are no events.
 */
const EVENTS = Array.from({ length: 10 }, (_, minute) =>
  [...Array<string>(8).fill('ann'), ...Array<string>(5).fill('bob'), 'cy', 'cy'].map((user, i) => ({
    minute,
    user,
    i,
  })),
).flat()
const TOTALS = { requests: 150, allowed: 120, denied: 30, keys: 3, malformed: 4 }
const BROKEN = ['\x1b[31mnot a line\x07', '{"user":"ann"}', 'ann', '"']

const two = (n: number) => String(n).padStart(2, '0')
const logs = {
  combined: EVENTS.map(
    ({ minute, user, i }) =>
      `${user} - - [02/Mar/2026:09:${two(minute)}:${two(i)} +0000] "GET / HTTP/1.1" 200 12 "-" "curl"`,
  ),
  jsonl: EVENTS.map(
    ({ minute, user, i }) => `{"timestamp":"2026-03-02 09:${two(minute)}:${two(i)}.5","user":"${user}"}`,
  ),
  tsv: EVENTS.map(({ minute, user, i }) => `${Date.UTC(2026, 2, 2, 9, minute, i) / 1_000}\t${user}\t\t`),
}
const HEADERS = { combined: '', jsonl: '', tsv: 'time\tuser\n' }
const KEYS = { combined: 'host', jsonl: 'user', tsv: 'user' }

function logText(format: keyof typeof logs): string {
  return `${HEADERS[format]}${[...BROKEN, ...logs[format]].join('\n')}\n`
}

function figures({ stdout }: Ran): unknown {
  const { requests, allowed, denied, keys, malformed } = JSON.parse(stdout) as Record<string, unknown>
  return { requests, allowed, denied, keys, malformed }
}

describe('headgate replay', () => {
  it.each(['combined', 'jsonl', 'tsv'] as const)(
    'reads %s from files, gzip files and standard input',
    async (format) => {
      const folder = tempFolder()
      const ending = { combined: 'log', jsonl: 'jsonl', tsv: 'tsv' }[format]
      const [plain, packed, odd] = [
        join(folder, `a.${ending}`),
        join(folder, `a.${ending}.gz`),
        join(folder, 'odd'),
      ]
      writeFileSync(plain, logText(format))
      writeFileSync(packed, gzipSync(logText(format)))
      writeFileSync(odd, gzipSync(logText(format)))
      const args = ['replay', '--limit', LIMIT, '--key', KEYS[format], '--json']
      const runs = await Promise.all([
        headgate([...args, plain]),
        headgate([...args, packed]),
        headgate([...args, '--format', format, odd]),
        headgate([...args, '--format', format], { stdin: logText(format) }),
        headgate([...args, '--format', format, '-'], { stdin: gzipSync(logText(format)) }),
      ])
      for (const ran of runs) {
        expect({ code: ran.code, stderr: ran.stderr }).toEqual({ code: 0, stderr: '' })
        expect(figures(ran)).toEqual(TOTALS)
      }
    },
  )

  it('gives the figures of one policy at the top, and of each in a list', async () => {
    const more = '{"algorithm":"fixed-window","limit":8,"window":"1m"}'
    const args = ['replay', '--format', 'jsonl', '--key', 'user', '--json', '--limit', LIMIT]
    const [one, both] = await Promise.all([
      headgate(args, { stdin: logText('jsonl') }),
      headgate([...args, '--limit', more], { stdin: logText('jsonl') }),
    ])
    const {
      policies: [single],
      ...top
    } = JSON.parse(one.stdout)
    expect(top).toMatchObject(single)
    expect(single).toMatchObject({
      ...TOTALS,
      name: 'fixed-window 5/1m',
      limits: { 'fixed-window': JSON.parse(LIMIT) },
      deniedBy: { 'fixed-window': 30 },
      topDenied: [{ key: 'ann', requests: 80, denied: 30 }],
      firstEvent: '2026-03-02T09:00:00.500000Z',
      lastEvent: '2026-03-02T09:09:14.500000Z',
    })
    const parts: { requests: number; allowed: number; denied: number }[] = single.overTime.parts
    const sum = (field: keyof (typeof parts)[number]) => parts.reduce((total, part) => total + part[field], 0)
    expect([sum('requests'), sum('allowed'), sum('denied')]).toEqual([150, 120, 30])
    expect(top.malformedExamples).toEqual([
      { source: 'stdin', line: 1, reason: 'not JSON' },
      { source: 'stdin', line: 2, reason: 'no field looks like the time' },
      { source: 'stdin', line: 3, reason: 'not JSON' },
    ])

    const side = JSON.parse(both.stdout)
    expect(side.requests).toBeUndefined()
    expect(side.policies).toMatchObject([TOTALS, { ...TOTALS, allowed: 150, denied: 0 }])
  })

  it('prints a report without colours, and nothing of what a log would have a terminal do', async () => {
    const ran = await headgate(['replay', '--limit', LIMIT, '--format', 'combined'], {
      stdin: logText('combined'),
    })
    expect(ran).toMatchObject({ code: 0, stderr: '' })
    expect(ran.stdout).toMatch(/allowed +120 +80\.0%/)
    expect(ran.stdout).toMatch(/denied +30 +20\.0%/)
    expect(ran.stdout).toContain('line 1: not a line of the combined format')
    expect(ran.stdout.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u)
  })

  it('tries every plan of a file side by side', async () => {
    const folder = tempFolder()
    const file = join(folder, 'plans.yaml')
    const plans = ['default: free', 'plans:', `  free: { limits: { rate5: ${LIMIT} } }`]
    writeFileSync(
      file,
      [...plans, '  premium: { extends: free, daily: 70, limits: { rate5: null } }'].join('\n'),
    )
    const args = ['replay', '--format', 'jsonl', '--key', 'user', '--json', '--plans']
    const both = await headgate([...args, file], { stdin: logText('jsonl') })
    expect(JSON.parse(both.stdout).policies).toMatchObject([
      { ...TOTALS, name: 'free', deniedBy: { rate5: 30 } },
      { ...TOTALS, name: 'premium', allowed: 140, denied: 10, deniedBy: { daily: 10 } },
    ])
    writeFileSync(file, 'default: free\nplans: { free: { daily: 0 } }')
    const wrong = await headgate([...args, file], { stdin: '' })
    expect(wrong).toMatchObject({ code: 2, stdout: '' })
    expect(wrong.stderr).toContain(
      'plans.yaml": `plans.free.daily` must be a whole number of at least 1, not 0',
    )
    const absent = await headgate([...args, join(folder, 'none.json')], { stdin: '' })
    expect(absent).toMatchObject({ code: 1, stdout: '' })
  })

  it('takes policies of named limits from files', async () => {
    const folder = tempFolder()
    const file = join(folder, 'strict.json')
    const limits = { burst: JSON.parse(LIMIT), daily: { algorithm: 'quota', limit: 30, per: 'day' } }
    writeFileSync(file, JSON.stringify({ limits }))
    const args = [
      'replay',
      '--format',
      'jsonl',
      '--key',
      'user',
      '--json',
      '--policy',
      file,
      '--limit',
      LIMIT,
    ]
    const { policies } = JSON.parse((await headgate(args, { stdin: logText('jsonl') })).stdout)
    // At 5 a minute, ann and bob have used up their day's 30 in the sixth minute; cy stays below with 20. Of ann's 50
    // others the burst denied 3 in each of 5 minutes; in the sixth, and in the 4 after it, the day lasts longer and so
    // binds: 3 + 4 · 8. Of bob's 20 others, all.
    expect(policies).toMatchObject([
      { name: 'strict', limits, allowed: 80, denied: 70, deniedBy: { burst: 15, daily: 55 } },
      { name: 'fixed-window 5/1m', allowed: 120 },
    ])
  })

  it('decides the same in a SQLite file', async () => {
    const store = `sqlite:${join(tempFolder(), 'limits.db')}`
    const args = [
      'replay',
      '--limit',
      LIMIT,
      '--format',
      'jsonl',
      '--key',
      'user',
      '--json',
      '--store',
      store,
    ]
    const ran = await headgate(args, { stdin: logText('jsonl') })
    expect(figures(ran)).toEqual(TOTALS)
  })

  it('reports what it has read when it is interrupted', async () => {
    // Half a megabyte, of which a pipe and a stream's buffer hold much less than half; and no end.
    const text = logText('jsonl').repeat(60)
    const ran = await headgate(['replay', '--limit', LIMIT, '--format', 'jsonl', '--key', 'user', '--json'], {
      onStart: (child) => {
        child.stdin?.write(text, () => child.kill('SIGINT'))
      },
    })
    expect(ran).toMatchObject({ code: 130, stderr: '' })
    const { interrupted, requests, allowed, denied } = JSON.parse(ran.stdout)
    expect(interrupted).toBe(true)
    expect(requests).toBeGreaterThan((150 * 60) / 2)
    expect(requests).toBeLessThanOrEqual(150 * 60)
    expect(allowed + denied).toBe(requests)
  })

  it('is quiet when nobody reads on', async () => {
    const ran = await headgate(['replay', '--limit', LIMIT, '--format', 'jsonl', '--key', 'user'], {
      onStart: (child) => {
        child.stdout?.destroy()
        child.stdin?.end(logText('jsonl'))
      },
    })
    expect(ran).toMatchObject({ code: 0, stderr: '' })
  })
})

/** Parses a command line as the command would. */
async function parse([command, ...args]: readonly string[]): Promise<unknown> {
  return command === 'replay' ? parseReplay(args) : parseDemo(args)
}

describe('bad usage', () => {
  const jsonl = ['--format', 'jsonl']
  const limit = ['--limit', LIMIT]
  it.each([
    [['replay', ...jsonl], '`--limit` must be given. Say what to try, for example --limit'],
    [['replay', '--limit', '{algorithm}'], '`--limit` must be JSON, not "{algorithm}". For example'],
    [['replay', '--limit', '[]'], '--limit: A limit must be an object, not an array. Make it with'],
    [
      ['replay', '--limit', '{"algorithm":"bucket"}'],
      '`algorithm` must be a known algorithm, not "bucket". Use one of',
    ],
    [
      ['replay', '--limit', LIMIT.replace('5', '0')],
      '--limit: `limit` must be a whole number of at least 1, not 0. Give',
    ],
    [
      ['replay', ...limit],
      '`--format` must be given, since the name does not tell. Use one of combined, jsonl, csv, tsv',
    ],
    [
      ['replay', ...limit, '--format', 'xml'],
      '`--format` must be one of combined, jsonl, csv, tsv, not "xml".',
    ],
    [
      ['replay', ...limit, 'a.log', 'b.csv'],
      '`--format` must be given, since the files are of several kinds.',
    ],
    [['replay', ...limit, ...jsonl, '--key', 'a,,b'], '`--key` must be the name of a field, not "a,,b".'],
    [['replay', ...limit, ...jsonl, '--cost', '+'], '`--cost` must be the name of a field, not "+".'],
    [
      ['replay', ...limit, ...jsonl, '--store', 'redis'],
      '`--store` must be memory, sqlite:FILE, redis://…, postgres://… or dynamodb://TABLE, not "redis".',
    ],
    [['replay', ...limit, ...jsonl, '--store', 'mysql://root:secret@db/x'], 'not "mysql://…@db/x".'],
    [['replay', ...limit, ...jsonl, '--time-unit', 'h'], '`--time-unit` must be one of s, ms, us, not "h".'],
    [
      ['replay', ...limit, ...jsonl, '--max-keys', '1'],
      '`--max-keys` must be a whole number from 2 to 2^24, not "1".',
    ],
    [['replay', ...limit, ...jsonl, '-', '-'], 'Standard input is given twice. Give - once, or files'],
    [['replay', '--limits', LIMIT], "Unknown option '--limits'. See headgate replay --help"],
    [['replay', '--limit'], "Option '--limit <value>' argument missing. See headgate replay --help"],
    [['demo', '--seconds', '0'], '`--seconds` must be a whole number from 1 to 600, not "0".'],
    [['demo', 'more'], 'Unexpected argument'],
  ])('%j', async (args, message) => {
    await expect(parse(args)).rejects.toThrow(message)
  })

  it('ends with 2 and one line that says what to do', async () => {
    const runs = await Promise.all(
      [['replay', ...limit], ['repaly'], ['replay', ...limit, '--format', 'combined', '--key', 'nose']].map(
        (args) => headgate(args),
      ),
    )
    for (const { code, stdout, stderr } of runs) {
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
      expect(stderr).toMatch(/^headgate: [^\n]+\. (Use|See) [^\n]+\n$/)
    }
  })

  it('of a policy file names the file and the limit', async () => {
    const folder = tempFolder()
    const run = async (content: string) => {
      const file = join(folder, 'p.json')
      writeFileSync(file, content)
      const error: unknown = await parse(['replay', '--policy', file, ...jsonl]).catch((reason) => reason)
      return (error as Error).message.replace(folder, '')
    }
    expect(await run('{')).toContain('`--policy /p.json` must be JSON')
    expect(await run('{"limits":{}}')).toContain('`--policy /p.json` must be an object with named limits')
    expect(await run('{"limit":{},"limits":{"a":{}}}')).toContain('of "name" and "limits", not "limit"')
    expect(await run(`{"limits":{"a b":${LIMIT}}}`)).toContain(
      '`--policy /p.json: limits` must be a name, not "a b"',
    )
    expect(await run('{"limits":{"day":{"algorithm":"quota","limit":1,"per":"year"}}}')).toContain(
      '--policy /p.json: limits.day: `per` must be "hour", "day", "week" or "month", not "year"',
    )
    expect(await run(`{"name":7,"limits":{"a":${LIMIT}}}`)).toContain(
      ": name` must be a text that isn't empty, not 7",
    )
  })
})

describe('failures', () => {
  it('say what could not be read', async () => {
    const folder = tempFolder()
    mkdirSync(join(folder, 'dir.log'))
    writeFileSync(join(folder, 'cut.log.gz'), gzipSync(logText('combined')).subarray(0, -30))
    const run = async (name: string) => {
      const { code, stdout, stderr } = await headgate(['replay', '--limit', LIMIT, join(folder, name)])
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
      return stderr.replace(folder, '')
    }
    expect(await run('no.log')).toBe("headgate: can't read /no.log: there is no such file\n")
    expect(await run('dir.log')).toBe("headgate: can't read /dir.log: it is a directory\n")
    expect(await run('cut.log.gz')).toBe("headgate: can't read /cut.log.gz: unexpected end of file\n")
    const { code, stderr } = await headgate([
      'replay',
      '--limit',
      LIMIT,
      '--store',
      `sqlite:${folder}/no/x.db`,
      '--format',
      'jsonl',
    ])
    expect(code).toBe(1)
    expect(stderr).toContain('no/x.db')
  })
})

describe('headgate', () => {
  it.each([[[]], [['--help']], [['help']], [['replay', '--help']], [['demo', '-h']]])(
    '%j helps',
    async (args) => {
      const ran = await headgate(args)
      expect(ran).toMatchObject({ code: 0, stderr: '' })
      expect(ran.stdout).toContain('headgate replay'.slice(0, 8))
      for (const line of ran.stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(120)
    },
  )

  it('tells its version', async () => {
    const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
    expect(await headgate(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' })
  })
})
