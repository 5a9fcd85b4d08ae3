import { createLimiter, type Limit, leakyBucket, tokenBucket } from '@headgate/core'
import { memoryStore } from '@headgate/memory'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createQueue, type QueueEvent, type QueueLimiter } from '../src/index.ts'
import { countingClock, settle } from './support.ts'

const arrival = fc.record({
  priority: fc.integer({ min: -2, max: 2 }),
  // A cost of 4 never fits.
  cost: fc.integer({ min: 0, max: 4 }),
  maxWait: fc.integer({ min: 1, max: 800 }),
  lasts: fc.integer({ min: 0, max: 200 }),
  throws: fc.boolean(),
})
const step = fc.oneof(
  { weight: 4, arbitrary: arrival },
  { weight: 3, arbitrary: fc.record({ advance: fc.integer({ min: 1, max: 150 }) }) },
  { weight: 2, arbitrary: fc.record({ abort: fc.nat(100) }) },
)
const limits: readonly (Limit | undefined)[] = [
  undefined,
  tokenBucket({ capacity: 3, refill: 1, per: 100 }),
  leakyBucket({ rate: 1, per: 50, queue: 2 }),
]
const setting = fc.record({
  limit: fc.constantFrom(...limits),
  concurrency: fc.integer({ min: 1, max: 3 }),
  bounded: fc.boolean(),
  maxQueued: fc.integer({ min: 1, max: 6 }),
  /** How long the limiter's answers take, in turn; -1 fails. */
  answers: fc.array(fc.integer({ min: -1, max: 60 }), { minLength: 1, maxLength: 10 }),
  drain: fc.boolean(),
})

test('nothing is lost: every job ends once, no more run than may, and units were taken of what was started', async () => {
  await fc.assert(
    fc.asyncProperty(setting, fc.array(step, { minLength: 10, maxLength: 50 }), async (given, steps) => {
      const { limit, maxQueued, drain } = given
      const concurrency = given.bounded || limit === undefined ? given.concurrency : undefined
      const clock = countingClock()
      const events: QueueEvent[] = []
      let units = 0
      let questions = 0
      let mostQuestions = 0
      let running = 0
      let mostRunning = 0
      let latenciesLeft: number[] = []

      const inner = limit && createLimiter({ store: memoryStore({ clock }), limits: { limit }, clock })
      const limiter: QueueLimiter | undefined = inner && {
        async consume(key, options) {
          mostQuestions = Math.max(mostQuestions, ++questions)
          if (latenciesLeft.length === 0) latenciesLeft = [...given.answers]
          const latency = latenciesLeft.shift() ?? 0
          try {
            if (latency > 0) await clock.sleep(latency)
            if (latency < 0) throw new Error('store')
            const decision = await inner.consume(key, options)
            if (decision.allowed) units += options.cost
            return decision
          } finally {
            questions--
          }
        },
        async refund(decision) {
          units -= decision.cost
          await inner.refund(decision)
        },
      }
      const queue = createQueue({
        ...(concurrency !== undefined && { concurrency }),
        ...(limiter && { limiter }),
        maxQueued,
        clock,
        aging: 100,
        onEvent: (event) => void events.push(event),
      })

      let ends = 0
      let begun = 0
      let begunUnits = 0
      let arrivals = 0
      const aborts: AbortController[] = []
      const arrive = ({
        lasts,
        throws,
        ...options
      }: typeof arrival extends fc.Arbitrary<infer A> ? A : never): void => {
        const abort = new AbortController()
        aborts.push(abort)
        arrivals++
        let begins = 0
        const work = async (): Promise<void> => {
          expect(++begins).toBe(1)
          begun++
          begunUnits += options.cost
          mostRunning = Math.max(mostRunning, ++running)
          try {
            if (lasts > 0) await clock.sleep(lasts)
            if (throws) throw new Error('work')
          } finally {
            running--
          }
        }
        const end = (): void => void ends++
        queue.run(work, { ...options, signal: abort.signal }).then(end, end)
      }
      const lookAround = (): void => {
        expect(queue.running).toBe(running)
        expect(queue.size).toBe(arrivals - ends - running)
        expect(queue.size).toBeLessThanOrEqual(maxQueued)
        // Work that sleeps, a limiter that takes its time, the deadlines' timer and the gate's.
        if (queue.size === 0) expect(clock.asleep()).toBeLessThanOrEqual(running + questions)
        else expect(clock.asleep()).toBeLessThanOrEqual(running + questions + 2)
      }

      for (const what of steps) {
        if ('advance' in what) clock.advance(what.advance)
        else if ('abort' in what) aborts[what.abort]?.abort()
        else arrive(what)
        await settle()
        lookAround()
      }
      let isClosed = false
      const closed = queue.close({ drain }).then(() => {
        isClosed = true
      })
      for (let i = 0; i < 1_000 && !isClosed; i++) {
        await settle()
        if (!isClosed) clock.advance(10)
      }
      await closed

      expect(ends).toBe(arrivals)
      expect(mostQuestions).toBeLessThanOrEqual(1)
      expect(mostRunning).toBeLessThanOrEqual(concurrency ?? Number.POSITIVE_INFINITY)
      expect([queue.size, queue.running, clock.asleep()]).toEqual([0, 0, 0])
      if (limit !== undefined) expect(units).toBe(begunUnits)
      const told = (type: QueueEvent['type']): number => events.filter((event) => event.type === type).length
      expect([told('started'), told('finished'), told('refused')]).toEqual([begun, begun, arrivals - begun])
    }),
    { numRuns: 500 },
  )
})
