import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { median, rowsOf, speedRatio } from '../benchmarks/src/figures.ts'
import { costOf } from '../benchmarks/src/http/costs.ts'
import { type Contestant, interleave } from '../benchmarks/src/interleave.ts'
import { chooseKeys } from '../benchmarks/src/keys.ts'
import { readOptions } from '../benchmarks/src/options.ts'
import { seeded } from '../benchmarks/src/random.ts'
import { putResults } from '../benchmarks/src/readme.ts'

const RUN = fileURLToPath(new URL('../benchmarks/run.mjs', import.meta.url))

describe('a quick run', () => {
  it('yields a table of positive numbers', { timeout: 30_000 }, async () => {
    // The sources instead of the built packages: what is looked at here is the harness.
    const env = { ...process.env, NODE_OPTIONS: '--conditions=@headgate/source' }
    const { stdout } = await promisify(execFile)(process.execPath, [RUN, '--quick', 'hot-deny'], { env })

    const [header, , ...rows] = stdout
      .split('\n')
      .filter((line) => line.startsWith('|'))
      .map((line) => line.split('|').map((cell) => cell.trim()))
    expect(header).toContain('ns per decision')
    expect(rows.map((row) => row[1])).toEqual(
      expect.arrayContaining(['floor', 'headgate, sync', 'limiter, sync']),
    )
    for (const row of rows) {
      for (const cell of row.slice(2, 5)) expect(Number(cell.replaceAll(',', ''))).toBeGreaterThan(0)
    }
  })
})

describe('interleave', () => {
  it('asks everyone once a round, after everyone has warmed up', async () => {
    const asked: string[] = []
    const contestant = (name: string): Contestant => ({
      name,
      sample: async (ms) => {
        asked.push(name)
        return { operations: 10, ns: ms * 1e6 }
      },
    })
    const schedule = { rounds: 20, sampleMs: 2, warmMs: 1, runUpMs: 0 }
    const times = await interleave(['a', 'b', 'c'].map(contestant), schedule, seeded(1))

    const rounds = Array.from({ length: 21 }, (_, round) => asked.slice(round * 3, round * 3 + 3).join(''))
    expect(new Set(rounds.map((round) => [...round].sort().join('')))).toEqual(new Set(['abc']))
    expect(new Set(rounds).size).toBeGreaterThan(1)
    expect(times.get('b')).toEqual(new Array(20).fill(200_000))
  })

  it('refuses a measurement of nothing', async () => {
    const idle: Contestant = { name: 'idle', sample: async () => ({ operations: 0, ns: 5 }) }
    const schedule = { rounds: 1, sampleMs: 1, warmMs: 0, runUpMs: 0 }
    await expect(interleave([idle], schedule, seeded(1))).rejects.toThrow('idle measured nothing')
  })
})

describe('figures', () => {
  it('compare within a round, so that a slow round of the machine does not count', () => {
    expect(median([5, 1, 4, 2])).toBe(3)
    expect(speedRatio([10, 40, 10], [20, 80, 20])).toBe(2)
  })

  it('judge a goal by its figure or by the row that it names', () => {
    const times = new Map([
      ['floor', [10, 10]],
      ['peer', [60, 60]],
      ['own', [20, 20]],
    ])
    const goals = {
      floor: { perSecond: 100_000_001 },
      peer: { of: 'absent', atLeast: 1 },
      own: { of: 'peer', atLeast: 3 },
    }
    const [floor, peer, own] = rowsOf(times, goals)
    expect(floor).toMatchObject({
      nsPerOperation: 10,
      toFloor: 1,
      spread: 0,
      reach: { found: 1e8, met: false },
    })
    expect(peer).toEqual({ name: 'peer', nsPerOperation: 60, toFloor: 1 / 6, spread: 0 })
    expect(own).toMatchObject({ toFloor: 0.5, reach: { goal: '≥ 3 × peer', found: 3, met: true } })
  })

  it('tell how a row stands to another of which nothing is asked', () => {
    const times = new Map([
      ['floor', [10]],
      ['own', [20]],
    ])
    expect(rowsOf(times, {}, { own: 'floor', floor: 'absent' })).toEqual([
      { name: 'floor', nsPerOperation: 10, toFloor: 1, spread: 0 },
      { name: 'own', nsPerOperation: 20, toFloor: 0.5, spread: 0, beside: { name: 'floor', ratio: 0.5 } },
    ])
  })
})

describe('what a limiter adds', () => {
  it('is told within a round, however slow the machine was in it, and from most of the rounds', () => {
    const rounds = Array.from({ length: 40 }, (_, round) => round)
    const slow = (round: number) => (round % 2 === 0 ? 1 : 3)
    const times = new Map(
      Object.entries({ bare: 10_000, other: 12_000, own: 13_000 }).map(([name, ns], i) => [
        name,
        rounds.map((round) => ns * slow(round) * (round % 10 === i ? 2 : 1)),
      ]),
    )
    const { added, whole, ratio, between } = costOf([times], 'own', 'bare', 'other')
    expect([added, whole]).toEqual([expect.closeTo(3_000), 13_000])
    for (const found of [ratio, ...between]) expect(found).toBeCloseTo(1.5)
    expect(costOf([times], 'other', 'bare', 'own').ratio).toBeCloseTo(2 / 3)
  })

  it('is the mean of what fresh processes make of it', () => {
    const crew = (own: number) =>
      new Map(Object.entries({ bare: [100, 100], other: [200, 200], own: [own, own] }))
    const { added, ratio } = costOf([crew(200), crew(240)], 'own', 'bare', 'other')
    expect(added).toBeCloseTo(120)
    expect(ratio).toBeCloseTo(1.2)
  })

  it('comes with how sure that is', () => {
    const random = seeded(3)
    const noisy = (ns: number) => Array.from({ length: 40 }, () => ns + random() * 400)
    const times = new Map([
      ['bare', noisy(10_000)],
      ['other', noisy(11_000)],
      ['own', noisy(11_000)],
    ])
    const { ratio, between } = costOf([times], 'own', 'bare', 'other')
    expect(between[0]).toBeLessThan(ratio)
    expect(between[1]).toBeGreaterThan(ratio)
  })
})

describe('keys', () => {
  it('are the same whether built anew or not, and the popular ones are popular', () => {
    const choice = { keys: 10_000, draw: 'zipf' } as const
    const stored = chooseKeys({ ...choice, fresh: false })
    const fresh = chooseKeys({ ...choice, fresh: true })
    const counts = new Map<string, number>()
    for (let i = 0; i < 20_000; i++) {
      const key = stored.asked(i)
      expect(fresh.asked(i)).toBe(key)
      counts.set(key, (counts.get(key) ?? 0) + 1)
    }
    // Under Zipf 1.1 over 10,000 keys the first has 15 % of the questions, under a uniform draw 0.01 %.
    const share = Math.max(...counts.values()) / 20_000
    expect(share).toBeGreaterThan(0.1)
    expect(share).toBeLessThan(0.2)
    expect(counts.size).toBeGreaterThan(1_000)
  })
})

describe('the command line', () => {
  const scenarios = ['hot', 'cold'].map((name) => ({ suite: 'memory', name, run: () => Promise.reject() }))
  const chosen = (...args: string[]) => readOptions(args, scenarios).chosen.map(({ name }) => name)

  it('chooses by scenario or by suite', () => {
    expect(chosen()).toEqual(['hot', 'cold'])
    expect(chosen('memory', '--quick')).toEqual(['hot', 'cold'])
    expect(chosen('cold')).toEqual(['cold'])
    expect(() => chosen('warm')).toThrow('no scenario or suite "warm"')
  })

  it('records only whole runs', () => {
    expect(readOptions(['--write'], scenarios).write).toBe(true)
    expect(() => chosen('--write', 'hot')).toThrow('whole run')
    expect(() => chosen('--write', '--quick')).toThrow('whole run')
  })
})

describe('putResults', () => {
  it('replaces what stands between the markers, and nothing else', () => {
    const readme = 'before\n<!-- bench:start -->\nold\n<!-- bench:end -->\nafter\n'
    const once = putResults(readme, 'new')
    expect(once).toBe('before\n<!-- bench:start -->\n\nnew\n\n<!-- bench:end -->\nafter\n')
    expect(putResults(once, 'new')).toBe(once)
    expect(() => putResults('no markers', 'new')).toThrow('bench:start')
  })
})
