import { compete } from '../compete.ts'
import { COMPETITORS } from '../competitors/index.ts'
import { type Goal, rowsOf } from '../figures.ts'
import type { KeyChoice } from '../keys.ts'
import type { Scenario, Settings } from '../scenario.ts'
import { timeSection } from '../table.ts'
import type { MemoryTask } from '../workers/memory.ts'

interface Crowd extends Omit<KeyChoice, 'keys'> {
  readonly name: string
  readonly title: (keys: string) => string
  readonly keys: (settings: Settings) => number
  /** What the synchronous call must reach of the floor. */
  readonly sync?: number
}

const CROWDS: readonly Crowd[] = [
  {
    name: 'hot',
    title: () => 'One hot key',
    keys: () => 1,
    draw: 'uniform',
    fresh: false,
    sync: 0.7,
  },
  {
    name: 'hot-fresh',
    title: () => 'One hot key, its string built anew each time',
    keys: () => 1,
    draw: 'uniform',
    fresh: true,
    sync: 0.7,
  },
  {
    name: '10k',
    title: (keys) => `${keys} keys, uniform`,
    keys: () => 10_000,
    draw: 'uniform',
    fresh: false,
  },
  {
    name: 'many',
    title: (keys) => `${keys} keys, Zipf 1.1`,
    keys: ({ manyKeys }) => manyKeys,
    draw: 'zipf',
    fresh: false,
    sync: 1,
  },
  {
    name: 'many-fresh',
    title: (keys) => `${keys} keys, Zipf 1.1, strings built anew each time`,
    keys: ({ manyKeys }) => manyKeys,
    draw: 'zipf',
    fresh: true,
    sync: 1,
  },
]

const PEER = 'rate-limiter-flexible, awaited'
/**
 * Asked of allowed and denied together. By themselves the allowed leave no room for it: the floor behind a promise is hardly more
 * than twice as fast as the peer.
 */
const AWAITED: Goal = { of: PEER, atLeast: 3 }
const WORDS = { allow: 'all allowed', deny: 'all denied', half: 'half of them denied' }
const WORKER = new URL('../workers/memory.ts', import.meta.url).href

/** Decisions in memory: every crowd of keys with all allowed, with all denied, and those of stored strings with half and half. */
export const memoryScenarios: readonly Scenario[] = CROWDS.flatMap((crowd) =>
  (crowd.fresh ? (['allow', 'deny'] as const) : (['allow', 'deny', 'half'] as const)).map((verdict) => ({
    suite: 'memory',
    name: `${crowd.name}-${verdict}`,
    run: (settings: Settings) => run(crowd, verdict, settings),
  })),
)

async function run(crowd: Crowd, verdict: MemoryTask['verdict'], settings: Settings) {
  const keys = crowd.keys(settings)
  const entrants = Object.keys(COMPETITORS).map((competitor) => ({
    name: competitor,
    task: { competitor, verdict, keys, draw: crowd.draw, fresh: crowd.fresh } satisfies MemoryTask,
  }))
  // With many keys it takes long to fill the tables, and the memory's speed matters more than the compiler's choices.
  const crews = keys > 10_000 ? 1 : settings.crews
  const times = await compete(WORKER, () => entrants, { ...settings, crews })

  const isHalf = verdict === 'half'
  const goals: Record<string, Goal> = isHalf ? { 'headgate, awaited': AWAITED } : {}
  if (crowd.sync !== undefined && !isHalf) goals['headgate, sync'] = { of: 'floor', atLeast: crowd.sync }
  const beside: Record<string, string> = isHalf ? {} : { 'headgate, awaited': PEER }
  const title = crowd.title(keys.toLocaleString('en-GB'))
  return timeSection(`${title}: ${WORDS[verdict]}`, 'decision', rowsOf(times, goals, beside))
}
