import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  createLimiter,
  type Decision,
  fixedWindow,
  type Limits,
  leakyBucket,
  manualClock,
  quota,
  resilient,
  tokenBucket,
} from '@headgate/core'
import { memoryStore } from '@headgate/memory'
import { type PlansConfig, parseConfig } from '@headgate/plans'
import { readConfig } from '@headgate/plans/file'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type AssignedPolicy,
  asAssigned,
  noPaint,
  type Policy,
  type ReplayOptions,
  type ReplayResult,
  replay,
  report,
} from '../src/index.ts'
import { parseReplay } from '../src/replay/options.ts'
import { headgate, logOf, tempFolder } from './support.ts'

const START = Date.UTC(2026, 2, 2, 9) * 1_000
const SECOND = 1_000_000

interface TestEvent {
  /** µs after the start. */
  readonly at: number
  readonly key: string
  readonly cost?: number
}

function replayed(
  events: readonly TestEvent[],
  policies: readonly (Policy | AssignedPolicy)[],
  options: Partial<ReplayOptions> = {},
): Promise<ReplayResult> {
  const lines = events.map(({ at, key, cost = 1 }) => JSON.stringify({ time: START + at, key, cost }))
  return replay({
    policies,
    sources: [logOf(lines.join('\n'))],
    format: 'jsonl',
    key: ['key'],
    cost: ['cost'],
    ...options,
  })
}

const isoAt = (at: number) => new Date((START + at) / 1_000).toISOString()

const PLANS = {
  free: { rate: { limit: 2, per: '1m' }, daily: 4 },
  paused: { daily: 1, limits: { calm: { algorithm: 'fixed-window', limit: 1, window: '20s' } } },
  pro: { rate: { limit: 4, per: '10s' }, daily: 9 },
}

/** A file's data. What is different for "globex" ends after 30 seconds, and so does the whole of "umbrella"'s plan. */
function configOf(subjects: Record<string, unknown> = {}): PlansConfig {
  return parseConfig({
    default: 'free',
    plans: PLANS,
    subjects: JSON.parse(
      JSON.stringify({
        acme: 'pro',
        globex: { plan: 'pro', daily: 3, until: isoAt(30 * SECOND) },
        umbrella: { plan: 'paused', until: isoAt(30 * SECOND) },
        ...subjects,
      }).replace('"prototype"', '"__proto__"'),
    ),
  })
}

/** The same told by hand: which limits are whose. */
const LIMITS: { readonly [plan: string]: Limits } = {
  free: { rate: tokenBucket({ capacity: 2, refill: 2, per: '1m' }), daily: quota({ limit: 4, per: 'day' }) },
  paused: { daily: quota({ limit: 1, per: 'day' }), calm: fixedWindow({ limit: 1, window: '20s' }) },
  pro: { rate: tokenBucket({ capacity: 4, refill: 4, per: '10s' }), daily: quota({ limit: 9, per: 'day' }) },
  globex: {
    rate: tokenBucket({ capacity: 4, refill: 4, per: '10s' }),
    daily: quota({ limit: 3, per: 'day' }),
  },
}

function handWritten(key: string, at: number): { readonly plan: string; readonly limits: string } {
  const early = at < 30 * SECOND
  if (key === 'acme' || key === '__proto__') return { plan: 'pro', limits: 'pro' }
  if (key === 'globex' && early) return { plan: 'pro', limits: 'globex' }
  if (key === 'umbrella' && early) return { plan: 'paused', limits: 'paused' }
  return { plan: 'free', limits: 'free' }
}

interface Judged {
  readonly key: string
  readonly plan: string
  readonly cost: number
  readonly decision: Decision
}

/** What a service would have done: one limiter for each set of limits, all of one name, and a clock that is moved on. */
async function judged(events: readonly TestEvent[]): Promise<Judged[]> {
  const clock = manualClock(START)
  const store = memoryStore({ clock })
  const limiters = new Map(
    Object.entries(LIMITS).map(([name, limits]) => [
      name,
      createLimiter({ store, limits, clock, name: 'service' }),
    ]),
  )
  const list: Judged[] = []
  let latest = 0
  for (const { at, key, cost = 1 } of events) {
    latest = Math.max(latest, at)
    clock.set(START + latest)
    const { plan, limits } = handWritten(key, latest)
    const decision = await limiters.get(limits)!.consume(key, { cost })
    list.push({ key, plan, cost, decision })
  }
  return list
}

/** The figures that a result has, counted in the plainest way. */
function figuresOf(list: readonly Judged[]) {
  const [yes, no] = [true, false].map((is) => list.filter(({ decision }) => decision.allowed === is))
  const sum = (some: readonly Judged[] = []) => some.reduce((total, { cost }) => total + cost, 0)
  const times = (some: readonly Judged[] = [], key: string) => some.filter((one) => one.key === key).length
  const delays = (yes ?? []).map(({ decision }) => decision.delayMs).filter((ms) => ms > 0)
  const deniedKeys = [...new Set(no?.map(({ key }) => key))]
  const deniedBy: Record<string, number> = {}
  for (const { decision } of no ?? []) deniedBy[decision.binding] = (deniedBy[decision.binding] ?? 0) + 1
  return {
    allowed: yes?.length,
    denied: no?.length,
    deniedBy,
    neverFits: no?.filter(({ decision }) => decision.retryAfterMs === null).length,
    cost: { allowed: sum(yes), denied: sum(no) },
    delayed: { requests: delays.length, longestMs: Math.max(0, ...delays) },
    deniedKeys: deniedKeys.length,
    topDenied: deniedKeys
      .map((key) => ({ key, requests: times(list, key), denied: times(no, key) }))
      .sort((a, b) => b.denied - a.denied || (a.key < b.key ? -1 : 1)),
    slack: 0,
  }
}

describe('each key on its own plan', () => {
  const KEYS = ['acme', 'globex', 'umbrella', 'nobody', '__proto__', 'constructor']
  const events = fc.array(
    fc.record({
      at: fc.oneof(
        fc.nat({ max: 60 * SECOND }),
        fc.integer({ min: 30 * SECOND - 2, max: 30 * SECOND + 2 }),
        fc.nat({ max: 86_400 * SECOND }),
      ),
      key: fc.constantFrom(...KEYS),
      cost: fc.oneof({ weight: 5, arbitrary: fc.constant(1) }, fc.nat({ max: 6 })),
    }),
    { maxLength: 80, size: 'max' },
  )
  const stores = {
    'at once': () => undefined,
    later: () => resilient(memoryStore(), { onError: 'deny', timeout: '1h' }),
  }

  it.each(Object.entries(stores))('is what a service would have done, asked %s', async (_, openStore) => {
    const policy = asAssigned(configOf({ prototype: 'pro' }))
    const seen = { changed: 0, denied: 0 }
    await fc.assert(
      fc.asyncProperty(events, fc.boolean(), async (list, isSorted) => {
        const log = isSorted ? list.toSorted((a, b) => a.at - b.at) : list
        const expected = await judged(log)
        const store = openStore()
        const result = await replayed(log, [policy], { ...(store && { store }) })
        expect(result.requests).toBe(log.length)
        expect(result.policies).toEqual([
          {
            name: 'as assigned',
            limits: undefined,
            ...figuresOf(expected),
            plans: Object.keys(PLANS).map((name) => {
              const own = expected.filter(({ plan }) => plan === name)
              const keys = new Set(own.map(({ key }) => key)).size
              return { name, requests: own.length, keys, keysEstimated: false, ...figuresOf(own) }
            }),
          },
        ])
        const plans = new Set(expected.map(({ key, plan }) => `${key} ${plan}`))
        if (plans.size > new Set(expected.map(({ key }) => key)).size) seen.changed++
        if (expected.some(({ decision }) => !decision.allowed)) seen.denied++
      }),
      { numRuns: 150 },
    )
    // The logs were such that it mattered.
    expect(Math.min(seen.changed, seen.denied)).toBeGreaterThan(30)
  })

  it('judges `until` to the microsecond, and who is past it keeps what was used', async () => {
    const end = 30 * SECOND
    const at = [0, 1, end - 1, end, end + 1]
    const { policies } = await replayed(
      at.map((time) => ({ at: time, key: 'globex' })),
      [asAssigned(configOf())],
    )
    // Three in the day on its own plan; then the default plan's fourth, and its bucket holds two but has one left of it.
    expect(policies[0]?.plans).toMatchObject([
      { name: 'free', requests: 2, keys: 1, allowed: 1, denied: 1 },
      { name: 'paused', requests: 0, keys: 0, denied: 0 },
      { name: 'pro', requests: 3, keys: 1, allowed: 3 },
    ])
  })

  it('decides on a late event by the plan of the latest time seen', async () => {
    const late = [
      { at: 40 * SECOND, key: 'acme' },
      { at: 10 * SECOND, key: 'globex' },
    ]
    const { policies } = await replayed(late, [asAssigned(configOf())])
    expect(policies[0]?.plans.map(({ name, requests }) => [name, requests])).toEqual([
      ['free', 1],
      ['paused', 0],
      ['pro', 1],
    ])
  })

  it.each(Object.entries(stores))(
    'is one of several policies, each by itself, asked %s',
    async (_, openStore) => {
      const list = Array.from({ length: 60 }, (_, i) => ({
        at: i * SECOND,
        key: ['acme', 'nobody', 'other'][i % 3] ?? '',
      }))
      const fixed = { name: 'fixed', limits: LIMITS['free'] as Limits }
      const swapped = parseConfig({ default: 'pro', plans: PLANS, subjects: { acme: 'free' } })
      const policies = [fixed, asAssigned(configOf()), fixed, asAssigned(swapped, 'swapped')]
      const store = openStore()
      const all = await replayed(list, policies, { ...(store && { store }) })
      for (const [i, policy] of policies.entries()) {
        const alone = await replayed(list, [policy])
        expect(all.policies[i]).toEqual(alone.policies[0])
        expect(all.timeline.denied[i]).toEqual(alone.timeline.denied[0])
      }
      expect(all.policies.map(({ plans }) => plans.length)).toEqual([0, 3, 0, 3])
      expect(new Set(all.policies.map(({ denied }) => denied)).size).toBe(3)
    },
  )

  it('takes any function that knows plans; those it did not name come after', async () => {
    const shape = { shape: leakyBucket({ rate: 1, per: '1s', queue: 1 }) }
    const night = { night: quota({ limit: 1, per: 'day' }) }
    const asked: [string, number][] = []
    const policy: AssignedPolicy = {
      name: 'mine',
      plans: ['none', 'b'],
      planOf(key, at) {
        asked.push([key, at - START])
        return key === 'x' ? { name: 'a', limits: shape } : { name: at > START ? 'b' : 'c', limits: night }
      },
    }
    const list = [
      { at: 0, key: 'x' },
      { at: 0, key: 'x' },
      { at: 0, key: 'y' },
      { at: 5, key: 'y' },
    ]
    const { policies } = await replayed(list, [policy])
    expect(asked).toEqual(list.map(({ key, at }) => [key, at]))
    expect(policies[0]?.plans).toMatchObject([
      { name: 'none', requests: 0, deniedBy: {} },
      { name: 'b', requests: 1, denied: 1, deniedBy: { night: 1 } },
      { name: 'a', requests: 2, allowed: 2, delayed: { requests: 1, longestMs: 1_000 } },
      { name: 'c', requests: 1, allowed: 1 },
    ])
    const noPlan = { name: 'no plan', planOf: () => undefined as never }
    await expect(replayed(list, [noPlan])).rejects.toMatchObject({ code: 'INVALID_OPTION', option: 'limits' })
    const store = resilient(memoryStore(), { onError: 'deny' })
    await expect(replayed(list, [noPlan], { store })).rejects.toMatchObject({ code: 'INVALID_OPTION' })
  })

  it('estimates the keys of a plan past the bound, and says how far its denials may be off', async () => {
    const list = Array.from({ length: 9_000 }, (_, i) => ({
      at: 0,
      key: i % 3 === 0 ? 'acme' : `key ${i}`,
      cost: 3,
    }))
    const { policies } = await replayed(list, [asAssigned(configOf())], { maxKeys: 1_000 })
    const [free, , pro] = policies[0]?.plans ?? []
    expect(pro).toMatchObject({ requests: 3_000, keys: 1, keysEstimated: false, slack: 0 })
    expect(free).toMatchObject({ requests: 6_000, denied: 6_000, keysEstimated: true })
    expect(Math.abs((free?.keys ?? 0) - 6_000)).toBeLessThan(300)
    expect(free?.slack).toBeGreaterThan(0)
  })
})

/** A minute of three accounts, one event a second each. */
const LOG = Array.from({ length: 60 }, (_, i) =>
  ['acme', '__proto__', 'nobody'].map((user) => JSON.stringify({ time: START + i * SECOND, user })),
)
  .flat()
  .join('\n')

const FILE = {
  default: 'free',
  plans: { free: { daily: 10 }, pro: { daily: 40 } },
  subjects: { acme: { plan: 'pro', until: isoAt(30 * SECOND) }, prototype: 'pro', gone: 'pro' },
}
const JSON_FILE = JSON.stringify(FILE).replace('"prototype"', '"__proto__"')
const YAML_FILE = `default: free
plans: { free: { daily: 10 }, pro: { daily: 40 } }
subjects:
  acme: { plan: pro, until: ${isoAt(30 * SECOND)} }
  __proto__: pro
  gone: pro
`
const ARGS = ['replay', '--format', 'jsonl', '--key', 'user']
const AS_ASSIGNED = {
  name: 'as assigned',
  requests: 180,
  // 30 of acme's, 40, and 10; acme is over the default plan's 10 by then.
  allowed: 80,
  denied: 100,
  deniedBy: { daily: 100 },
  plans: [
    { name: 'free', requests: 90, keys: 2, allowed: 10, denied: 80, deniedKeys: 2, deniedBy: { daily: 80 } },
    {
      name: 'pro',
      requests: 90,
      keys: 2,
      allowed: 70,
      denied: 20,
      deniedKeys: 1,
      topDenied: [{ key: '__proto__' }],
    },
  ],
}

describe('headgate replay --plans', () => {
  function file(name: string, text: string): string {
    const path = join(tempFolder(), name)
    writeFileSync(path, text)
    return path
  }

  it.each([
    ['plans.json', JSON_FILE],
    ['plans.yaml', YAML_FILE],
  ])('begins with everybody on the plan that %s assigns to them', async (name, text) => {
    const ran = await headgate([...ARGS, '--json', '--plans', file(name, text)], { stdin: LOG })
    expect(ran).toMatchObject({ code: 0, stderr: '' })
    const { policies } = JSON.parse(ran.stdout)
    expect(policies).toMatchObject([
      AS_ASSIGNED,
      { name: 'free', allowed: 30, limits: { daily: { limit: 10 } } },
      { name: 'pro', allowed: 120, limits: { daily: { limit: 40 } } },
    ])
    expect(policies.map((policy: object) => ['limits' in policy, 'plans' in policy])).toEqual([
      [false, true],
      [true, false],
      [true, false],
    ])
  })

  it('has only that policy with --assigned, at the top too', async () => {
    const path = file('plans.json', JSON_FILE)
    const ran = await headgate([...ARGS, '--json', '--assigned', '--plans', path], { stdin: LOG })
    const { policies, ...top } = JSON.parse(ran.stdout)
    expect(policies).toMatchObject([AS_ASSIGNED])
    expect(top).toMatchObject(AS_ASSIGNED)
    expect(top.plans[0]).not.toHaveProperty('cost')
  })

  it('tells costs by plan where there are any', async () => {
    const path = file('plans.json', JSON_FILE)
    const stdin = JSON.stringify({ time: START, user: 'acme', units: 41 })
    const args = [...ARGS, '--cost', 'units', '--json', '--assigned', '--plans', path]
    const { plans } = JSON.parse((await headgate(args, { stdin })).stdout)
    expect(plans[1]).toMatchObject({
      name: 'pro',
      neverFits: 1,
      cost: { requested: 41, allowed: 0, denied: 41 },
    })
  })

  const names = async (...args: string[]) =>
    (await parseReplay(['--format', 'jsonl', ...args]))?.policies.map(({ name }) => name)

  it('names the policies of several files by the file, and leaves the order as it is given', async () => {
    const [now, next] = [file('now.json', JSON_FILE), file('next.json', JSON_FILE)]
    const limit = '{"algorithm":"fixed-window","limit":5,"window":"1m"}'
    const both = ['--plans', now, '--limit', limit, '--plans', next]
    const assigned = [now, next].map((path) => `as assigned in ${path}`)
    expect(await names(...both, '--assigned')).toEqual([assigned[0], 'fixed-window 5/1m', assigned[1]])
    expect(await names(...both)).toEqual([
      assigned[0],
      'free',
      'pro',
      'fixed-window 5/1m',
      assigned[1],
      'free',
      'pro',
    ])
  })

  it('is as before for a file without subjects, unless it is asked for', async () => {
    for (const subjects of [undefined, {}]) {
      const path = file('plans.json', JSON.stringify({ ...FILE, subjects }))
      expect(await names('--plans', path)).toEqual(['free', 'pro'])
      expect(await names('--plans', path, '--assigned')).toEqual(['as assigned'])
    }
  })

  it('says what is missing or wrong', async () => {
    await expect(names('--assigned')).rejects.toThrow(
      '`--assigned` needs `--plans`. Give the file that says who',
    )
    const unknown = file('plans.json', JSON.stringify({ ...FILE, subjects: { acme: 'gold' } }))
    await expect(names('--plans', unknown)).rejects.toMatchObject({ code: 'UNKNOWN_PLAN' })
  })
})

describe('the report', () => {
  it('tells of each plan what became of its requests', async () => {
    const path = join(tempFolder(), 'plans.json')
    writeFileSync(path, JSON_FILE)
    const options = { sources: [logOf(LOG)], format: 'jsonl', key: ['user'] } as const
    const config = await readConfig(path)
    const own = report(await replay({ ...options, policies: [asAssigned(config)] }), noPaint, { rows: 2 })
    expect(own).toContain(`
as assigned
  allowed        80   44.4%
  denied        100   55.6%
  denied by     daily 100 (100.0%)

        denied          of   share   keys denied          of  on plan
            80          90   88.9%             2           2  free
            20          90   22.2%             1           2  pro

        denied          of   share  most denied of 3 keys
`)
  })

  it('is at most 100 columns wide and obeys no plan, and marks what is estimated', async () => {
    const limits = { one: fixedWindow({ limit: 1, window: '1h' }) }
    const name = `\x1b[31m${'漢字'.repeat(60)}\u202e`
    const policy: AssignedPolicy = { name: 'hostile', planOf: () => ({ name, limits }) }
    const list = Array.from({ length: 4_000 }, (_, i) => ({ at: 0, key: `key ${i}`, cost: 2 }))
    const text = report(await replayed(list, [policy], { maxKeys: 1_000 }), noPaint)
    expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u202e]/u)
    const [row = ''] = text.split('\n').filter((line) => line.includes('漢字'))
    expect(row).toMatch(/^ +4,000 +4,000 +100\.0% +≥ [\d,]+ +≈ [34],\d{3} {2}\S/)
    const { widthOf } = await import('../src/terminal.ts')
    expect(widthOf(row)).toBeLessThanOrEqual(100)
  })
})
