import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { concurrency, fixedWindow, leakyBucket, quota, slidingLog, tokenBucket } from '@headgate/core'
import { memoryStore } from '@headgate/memory'
import { definePlans } from '@headgate/plans'
import { sqliteStore } from '@headgate/sqlite'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { asAssigned, type Policy, type ReplayOptions, type ReplayResult, replay } from '../src/index.ts'
import { logOf, tempFolder } from './support.ts'

const START = Date.UTC(2026, 0, 1) * 1_000

function policy(limits: Policy['limits'], name = 'policy'): Policy {
  return { name, limits }
}

interface TestEvent {
  readonly at: number
  readonly key: string
  readonly cost?: number
}

/** Replays events whose times are µs after 2026-01-01. */
function replayed(
  events: readonly TestEvent[],
  policies: readonly Policy[],
  options: Partial<ReplayOptions> = {},
): Promise<ReplayResult> {
  const lines = events.map(({ at, key, cost = 1 }) => `${START + at},${key},${cost}\n`)
  return replay({
    policies,
    sources: [logOf(`time,key,cost\n${lines.join('')}`)],
    format: 'csv',
    key: ['key'],
    ...options,
  })
}

describe('replay', () => {
  it('refills to the microsecond', async () => {
    // Three at once, then empty; one more second is one more token, and not a microsecond earlier.
    const at = [0, 0, 0, 0, 999_999, 1_000_000, 1_000_000, 2_000_000]
    const result = await replayed(
      at.map((time) => ({ at: time, key: 'a' })),
      [policy({ burst: tokenBucket({ capacity: 3, refill: 1, per: '1s' }) })],
    )
    expect(result.policies[0]).toMatchObject({
      allowed: 5,
      denied: 3,
      deniedBy: { burst: 3 },
      deniedKeys: 1,
      topDenied: [{ key: 'a', requests: 8, denied: 3 }],
    })
    expect(result).toMatchObject({
      requests: 8,
      keys: 1,
      malformed: 0,
      firstEvent: START,
      lastEvent: START + 2_000_000,
    })
  })

  it('says which of several limits bound, and takes from all or from none', async () => {
    // A burst of 4 with 2 allowed at once, then one each minute: the fifth allowed one is past the day's 4.
    const at = [0, 0, 0, 0, 60, 120, 180, 240].map((seconds) => seconds * 1_000_000)
    const limits = {
      burst: tokenBucket({ capacity: 2, refill: 1, per: '1m' }),
      daily: quota({ limit: 4, per: 'day' }),
    }
    const result = await replayed(
      at.map((time) => ({ at: time, key: 'a' })),
      [policy(limits)],
    )
    // Allowed: 0, 0, 60, 120. Denied by the burst: 0, 0. By the day, which lasts longer: 180, 240.
    expect(result.policies[0]).toMatchObject({ allowed: 4, denied: 4, deniedBy: { burst: 2, daily: 2 } })
  })

  it('compares policies over one pass, each by itself', async () => {
    const events = Array.from({ length: 10 }, (_, minute) =>
      [
        ...Array.from({ length: 8 }, () => 'a'),
        ...Array.from({ length: 5 }, () => 'b'),
        ...Array.from({ length: 2 }, () => 'c'),
      ].map((key) => ({ at: minute * 60_000_000, key })),
    ).flat()
    const five = policy({ per: fixedWindow({ limit: 5, window: '1m' }) }, 'five')
    const two = policy({ per: fixedWindow({ limit: 2, window: '1m' }) }, 'two')
    const result = await replayed(events, [five, two])
    // A minute: of 8, 5 and 2, five allow 5 + 5 + 2 and two allow 2 + 2 + 2.
    expect(result.policies.map(({ name, allowed, denied }) => ({ name, allowed, denied }))).toEqual([
      { name: 'five', allowed: 120, denied: 30 },
      { name: 'two', allowed: 60, denied: 90 },
    ])
    expect(result.policies[1]?.topDenied).toEqual([
      { key: 'a', requests: 80, denied: 60 },
      { key: 'b', requests: 50, denied: 30 },
    ])
    expect(result.keys).toBe(3)
  })

  it('charges the cost, and counts what can never fit', async () => {
    const events = [3, 8, 7, 11, 0].map((cost) => ({ at: 0, key: 'a', cost }))
    const result = await replayed(
      events,
      [policy({ tokens: tokenBucket({ capacity: 10, refill: 1, per: '1h' }) })],
      {
        cost: ['cost'],
      },
    )
    // 3 fits; 8 does not beside it; 7 does; 11 never does; 0 only looks.
    expect(result.policies[0]).toMatchObject({
      allowed: 3,
      denied: 2,
      neverFits: 1,
      cost: { allowed: 10, denied: 19 },
    })
  })

  it('tells of requests that would have waited', async () => {
    const result = await replayed(
      [0, 0, 0, 0].map((at) => ({ at, key: 'a' })),
      [policy({ shape: leakyBucket({ rate: 1, per: '1s', queue: 2 }) })],
    )
    expect(result.policies[0]).toMatchObject({
      allowed: 3,
      denied: 1,
      delayed: { requests: 2, longestMs: 2_000 },
    })
  })

  it('never turns the clock back', async () => {
    const events = fc.array(fc.record({ at: fc.nat({ max: 20_000_000 }), key: fc.constantFrom('a', 'b') }), {
      maxLength: 60,
    })
    const policies = [
      policy({ t: tokenBucket({ capacity: 3, refill: 1, per: '1s' }) }),
      policy({ s: slidingLog({ limit: 2, window: '3s' }) }),
    ]
    await fc.assert(
      fc.asyncProperty(events, async (list) => {
        let clock = 0
        const straightened = list.map((event) => {
          clock = Math.max(clock, event.at)
          return { ...event, at: clock }
        })
        const [crooked, straight] = await Promise.all([
          replayed(list, policies),
          replayed(straightened, policies),
        ])
        expect(crooked.policies).toEqual(straight.policies)
        expect(crooked.timeline).toEqual(straight.timeline)
        expect(straight.late).toEqual({ events: 0, most: 0 })
        const behind = list.map((event, i) => (straightened[i] as TestEvent).at - event.at)
        expect(crooked.late).toEqual({
          events: behind.filter((micros) => micros > 0).length,
          most: Math.max(0, ...behind),
        })
      }),
      { numRuns: 60 },
    )
  })

  it('decides the same on memory and on SQLite, also in a file that was used before', async () => {
    const file = join(tempFolder(), 'limits.db')
    const events = Array.from({ length: 3_000 }, (_, i) => ({ at: i * 40_000, key: `k${(i * i) % 17}` }))
    const policies = [
      policy({
        burst: tokenBucket({ capacity: 5, refill: 20, per: '1m' }),
        daily: quota({ limit: 60, per: 'day' }),
      }),
      policy({ log: slidingLog({ limit: 9, window: '20s' }) }),
    ]
    const inMemory = await replayed(events, policies)
    expect(inMemory.policies.map(({ denied }) => denied > 100)).toEqual([true, true])
    for (let run = 0; run < 2; run++) {
      const store = sqliteStore({ file })
      expect(await replayed(events, policies, { store })).toEqual(inMemory)
      await store.close()
    }
    expect(existsSync(file)).toBe(true)
  })

  it('goes on from file to file', async () => {
    const log = (name: string, at: number) => logOf(`time,key\n${START + at},a\n`, 100, name)
    const result = await replay({
      policies: [policy({ one: fixedWindow({ limit: 1, window: '1m' }) })],
      sources: [log('1.csv', 0), log('2.csv', 30_000_000), log('3.csv', 90_000_000)],
      format: 'csv',
      key: ['key'],
    })
    expect(result).toMatchObject({ requests: 3, sources: ['1.csv', '2.csv', '3.csv'], malformed: 0 })
    expect(result.policies[0]).toMatchObject({ allowed: 2, denied: 1 })
  })

  it('gives up to three examples of what is malformed', async () => {
    const log = 'a\n\n{"time":1,"k":"x"}\nb\n{"time":2}\n{"time":3,"k":""}\n'
    const result = await replay({
      policies: [policy({ one: fixedWindow({ limit: 1, window: '1m' }) })],
      sources: [logOf(log, 3, 'some log')],
      format: 'jsonl',
      key: ['k'],
    })
    expect(result).toMatchObject({
      requests: 1,
      malformed: 4,
      malformedExamples: [
        { source: 'some log', line: 1, reason: 'not JSON' },
        { source: 'some log', line: 4, reason: 'not JSON' },
        { source: 'some log', line: 5, reason: 'field "k" is missing' },
      ],
    })
  })

  it('counts keys past its bound as an estimate, and says when the store was full', async () => {
    const events = Array.from({ length: 20_000 }, (_, i) => ({ at: 0, key: `key ${i}` }))
    const result = await replayed(events, [policy({ one: fixedWindow({ limit: 1, window: '1h' }) })], {
      maxKeys: 2_000,
    })
    expect(result.keysEstimated).toBe(true)
    expect(Math.abs(result.keys - 20_000)).toBeLessThan(600)
    expect(result.overflowed).toBeGreaterThan(0)
  })

  it('stops when it is told to, with what it has', async () => {
    const stop = new AbortController()
    const lines = Array.from({ length: 50_000 }, (_, i) => `${START + i},k\n`).join('')
    const result = await replay({
      policies: [policy({ one: fixedWindow({ limit: 1, window: '1m' }) })],
      sources: [logOf(`time,key\n${lines}`, 100_000)],
      format: 'csv',
      signal: stop.signal,
      onProgress: ({ events, bytes }) => {
        expect(bytes).toBeGreaterThan(events)
        stop.abort()
      },
    })
    expect(result.interrupted).toBe(true)
    expect(result.requests).toBeGreaterThan(0)
    expect(result.requests).toBeLessThan(50_000)
  })

  it('leaves a store that it was given open', async () => {
    const store = memoryStore()
    await replayed([{ at: 0, key: 'a' }], [policy({ one: fixedWindow({ limit: 1, window: '1m' }) })], {
      store,
    })
    expect(store.stats().keys).toBe(1)
  })
})

it('how many are under way at once a log doesn’t tell', async () => {
  const limits = { running: concurrency({ limit: 5, lease: '1m' }) }
  const options = { format: 'jsonl', sources: [logOf('{"time":1}\n', 64, 'a.jsonl')] } as const
  const refused = {
    option: 'limits.running',
    message: expect.stringContaining('a limit that can be replayed'),
  }
  await expect(replay({ ...options, policies: [policy(limits)] })).rejects.toMatchObject(refused)
  const plans = definePlans({ free: { limits } })
  const assigned = asAssigned({ plans, default: 'free' }, 'as assigned')
  await expect(replay({ ...options, policies: [assigned] })).rejects.toMatchObject(refused)
})
