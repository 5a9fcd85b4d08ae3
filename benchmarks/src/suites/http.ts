import { compete } from '../compete.ts'
import type { Reach } from '../figures.ts'
import type { Limiting } from '../http/application.ts'
import { type Cost, calm, costOf, type Times } from '../http/costs.ts'
import { FRAMEWORKS, type Framework } from '../http/frameworks.ts'
import type { Schedule } from '../interleave.ts'
import type { Scenario, Settings } from '../scenario.ts'
import { type Section, significant, table, verdict } from '../table.ts'
import type { HttpCrew, HttpTask } from '../workers/http.ts'
import { seat } from '../workers/seat.ts'

/** Times what the hand-written limiter adds. */
const AT_MOST = 1.2
/** How many times the crews of other suites. */
const CREWS = 4
const BARE = 'no limiter'
const HAND_WRITTEN = 'hand-written'
const WORKER = new URL('../workers/http.ts', import.meta.url).href
const SOCKETS = new URL('../workers/http-sockets.ts', import.meta.url).href

/** What a limiter adds to a request of each framework. */
export const httpScenarios: readonly Scenario[] = Object.entries(FRAMEWORKS).map(([name, framework]) => ({
  suite: 'http',
  name: `http-${name}`,
  run: (settings: Settings) => run(name, framework, settings),
}))

async function run(framework: string, { title, peer, listens }: Framework, settings: Settings) {
  const limiters: Record<string, Limiting> = { [BARE]: 'none', [HAND_WRITTEN]: 'hand-written' }
  limiters['headgate'] = 'headgate'
  if (peer !== undefined) limiters[peer] = 'peer'
  const all = Object.keys(limiters)
  // Who has no limiter denies nothing.
  const denying = all.slice(1)

  const entrants = (names: readonly string[], verdict: HttpTask['verdict']) =>
    names.map((name) => {
      const task: HttpTask = { framework, limiting: limiters[name] as Limiting, verdict }
      return { name, task }
    })
  const allowed: Times[] = []
  for (let crew = 0; crew < settings.crews * CREWS; crew++) {
    allowed.push(await inOneProcess(entrants(all, 'allow'), settings.schedule))
  }
  const denied = await inOneProcess(entrants(denying, 'deny'), settings.schedule)
  const overSockets: Times = listens
    ? await compete(SOCKETS, () => entrants(all, 'allow'), { ...settings, crews: 1 })
    : new Map()
  return sectionOf(title, peer, { allowed, denied, overSockets })
}

/**
 * A difference of two processes has the luck of both, and what the compiler makes of the same framework differs from process to process by
 * more than a limiter adds: here the framework is compiled once for all. It takes short turns, and more of them, so that the
 * machine is the same to all of a round.
 */
async function inOneProcess(
  entrants: HttpCrew['entrants'],
  { rounds, sampleMs, warmMs, runUpMs }: Schedule,
): Promise<Times> {
  const short = { rounds: rounds * 3, sampleMs: sampleMs / 3, warmMs: warmMs * 1.5, runUpMs: runUpMs / 12 }
  const { sample, close } = await seat<HttpCrew, [string, number[]][]>('http', WORKER, {
    entrants,
    schedule: short,
  })
  try {
    return new Map(await sample(short.sampleMs))
  } finally {
    await close()
  }
}

interface Found {
  readonly allowed: readonly Times[]
  readonly denied: Times
  readonly overSockets: Times
}

function sectionOf(
  title: string,
  peer: string | undefined,
  { allowed, denied, overSockets }: Found,
): Section {
  const reached: Reach[] = []
  const names = [...(allowed[0] as Times).keys()]
  const rows = names.map((name) => {
    const cost = costOf(allowed, name, BARE, HAND_WRITTEN)
    const isOurs = name === 'headgate'
    // A difference that might as well be nothing says nothing of a ratio.
    const isTold = cost.between[0] > 0
    const reach = isOurs && isTold ? reachOf(allowed, cost, peer) : []
    reached.push(...reach)
    return [
      name,
      ...(name === BARE ? ['', '', ''] : figuresOf(cost)),
      micros(cost.whole),
      microsOf(overSockets.get(name)),
      microsOf(denied.get(name)),
      isOurs && !isTold ? 'too noisy to tell' : reach.map(verdict).join('; '),
    ]
  })
  const header = [
    '',
    'added, µs',
    '× hand-written',
    'between',
    'whole, µs',
    'over sockets, µs',
    'denied, µs',
    'reach',
  ]
  return { title: `${title}: the processor’s time per request`, text: table(header, rows), reached }
}

function figuresOf({ added, ratio, between: [low, high] }: Cost): string[] {
  return [micros(added), ratio.toFixed(2), `${low.toFixed(2)} – ${high.toFixed(2)}`]
}

function reachOf(allowed: readonly Times[], { ratio }: Cost, peer: string | undefined): Reach[] {
  const goal = `≤ ${AT_MOST} × ${HAND_WRITTEN}`
  const own: Reach = { goal, found: ratio, met: ratio <= AT_MOST }
  if (peer === undefined) return [own]
  const toPeer = costOf(allowed, 'headgate', BARE, peer).ratio
  return [own, { goal: `< 1 × ${peer}`, found: toPeer, met: toPeer < 1 }]
}

function microsOf(times: readonly number[] | undefined): string {
  return times === undefined ? '' : micros(calm(times))
}

function micros(ns: number): string {
  return significant(ns / 1_000)
}
