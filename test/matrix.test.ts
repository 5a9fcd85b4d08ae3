import {
  casStore,
  concurrency,
  createLimiter,
  type Decision,
  type Limits,
  leakyBucket,
  manualClock,
  quota,
  type Reservation,
  type Store,
  slidingLog,
  slidingWindow,
  tokenBucket,
} from '@headgate/core'
import { memoryStore } from '@headgate/memory'
import { sqliteStore } from '@headgate/sqlite'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { openAt, prepareServers } from './stores.ts'

/** Every store. A new one is added here. */
const stores = new Map<string, Store>([
  ['memory', memoryStore()],
  ['sqlite', sqliteStore({ file: ':memory:' })],
  ['cas over a Map', casOverMap()],
])
const closers: (() => Promise<unknown>)[] = []

beforeAll(async () => {
  const servers = {
    redis: inject('redisUrl'),
    postgres: inject('postgresUrl'),
    dynamodb: inject('dynamoUrl'),
  }
  await prepareServers(servers.postgres, servers.dynamodb)
  for (const kind of ['redis', 'postgres', 'dynamodb'] as const) {
    const { store, close } = await openAt({ kind, at: servers[kind] })
    stores.set(kind, store)
    closers.push(close)
  }
}, 30_000)
afterAll(() => Promise.all(closers.map((close) => close())))

function casOverMap(): Store {
  const entries = new Map<string, { value: string; version: number }>()
  return casStore({
    load: async (keys) => keys.map((key) => entries.get(key)),
    compareAndSet: async (writes) => {
      if (writes.some(({ key, version }) => entries.get(key)?.version !== version)) return false
      for (const { key, value, version } of writes) {
        entries.set(key, { value, version: ((version as number) ?? 0) + 1 })
      }
      return true
    },
    delete: async (keys) => {
      for (const key of keys) entries.delete(key)
    },
  })
}

const limits = {
  bucket: tokenBucket({ capacity: 7, refill: 3, per: '10s' }),
  leaky: leakyBucket({ rate: 2, per: '7s', queue: 6 }),
  sliding: slidingWindow({ limit: 9, window: '13s' }),
  log: slidingLog({ limit: 8, window: '11s' }),
  running: concurrency({ limit: 7, lease: '4s' }),
  hourly: quota({ limit: 50, per: 'hour', timeZone: 'Asia/Kolkata' }),
} satisfies Limits
/** The same names, other limits and kinds: what was used is kept. */
const other = {
  ...limits,
  bucket: slidingLog({ limit: 5, window: '9s' }),
  log: tokenBucket({ capacity: 3, refill: 1, per: '1s' }),
}

/** What one caller does, in the verbs of a limiter. */
type Step =
  | {
      readonly verb: 'consume' | 'peek' | 'explain'
      readonly key: string
      readonly cost: number
      readonly changed: boolean
    }
  | { readonly verb: 'reserve'; readonly key: string; readonly cost: number }
  | { readonly verb: 'refund' | 'release' | 'commit'; readonly which: number; readonly units: number }
  | { readonly verb: 'reset'; readonly key: string }
  | { readonly verb: 'pass'; readonly ms: number }

const key = fc.constantFrom('u', 'v', 'a}b\0', '\ud800')
const cost = fc.integer({ min: 0, max: 9 })
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      verb: fc.constantFrom('consume', 'peek', 'explain'),
      key,
      cost,
      changed: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ verb: fc.constant('reserve'), key, cost }) },
  {
    weight: 1,
    arbitrary: fc.record({
      verb: fc.constantFrom('refund', 'release', 'commit'),
      which: fc.nat(),
      units: cost,
    }),
  },
  { weight: 1, arbitrary: fc.record({ verb: fc.constant('reset'), key }) },
  {
    weight: 3,
    arbitrary: fc.record({
      verb: fc.constant('pass'),
      ms: fc.constantFrom(1, 333, 1_000, 3_500, 13_000, 3_600_000),
    }),
  },
)

/** All that the caller sees. `name` keeps the run apart from others at the same servers. */
async function run(store: Store, name: string, steps: readonly Step[]): Promise<string[]> {
  const clock = manualClock()
  const limiter = createLimiter({ store, name, limits, clock })
  const decisions: Decision[] = []
  const reservations: Reservation[] = []
  const seen: unknown[] = []
  for (const step of steps) {
    const now = clock.now()
    if (step.verb === 'pass') clock.advance(step.ms)
    else if (step.verb === 'reset') await limiter.reset(step.key)
    else if (step.verb === 'refund') {
      const decision = decisions[step.which % decisions.length]
      if (decision) await limiter.refund(decision, step.units, { now })
    } else if (step.verb === 'release') {
      const decision = decisions[step.which % decisions.length]
      if (decision) await limiter.release(decision, { now })
    } else if (step.verb === 'commit') {
      const reservation = reservations[step.which % reservations.length]
      if (reservation) seen.push(await limiter.commit(reservation.id, step.units, { now }))
    } else if (step.verb === 'reserve') {
      const reservation = await limiter.reserve(step.key, { cost: step.cost, now })
      reservations.push(reservation)
      seen.push(reservation.decision)
    } else if ('changed' in step) {
      const options = { cost: step.cost, limits: step.changed ? other : limits, now }
      const answer = await limiter[step.verb](step.key, options)
      if (step.verb === 'consume') decisions.push(answer as Decision)
      seen.push(answer)
    }
  }
  return seen.map((answer) => JSON.stringify(answer))
}

test('every store gives every caller the same answers', { timeout: 120_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
      const name = `m${crypto.randomUUID()}`
      const runs = [...stores].map(async ([kind, store]) => ({
        kind,
        answers: await run(store, name, steps),
      }))
      const [first, ...rest] = await Promise.all(runs)
      for (const other of rest) expect(other).toEqual({ ...first, kind: other.kind })
    }),
    { numRuns: 100 },
  )
})
