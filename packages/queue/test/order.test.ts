import { manualClock } from '@headgate/core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createQueue, type Permit } from '../src/index.ts'
import { fateOf, settle } from './support.ts'

interface Naive {
  readonly name: number
  readonly priority: number
  readonly key: string
  readonly at: number
}

const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      priority: fc.integer({ min: -3, max: 3 }),
      key: fc.constantFrom('a', '__proto__'),
    }),
  },
  { weight: 2, arbitrary: fc.record({ advance: fc.integer({ min: 1, max: 400 }) }) },
  { weight: 2, arbitrary: fc.constant('finish' as const) },
  { weight: 1, arbitrary: fc.record({ abort: fc.nat(8) }) },
)
const setting = fc.record({
  aging: fc.constantFrom(false as const, 1, 100, 1_000),
  maxQueued: fc.integer({ min: 1, max: 6 }),
  maxPerKey: fc.integer({ min: 1, max: 6 }),
})

// The model ages everybody at each look, and looks through all of them, where the queue has a heap and ranks that never change.
test('starts, and refuses when full, in the order of a naive list', async () => {
  await fc.assert(
    fc.asyncProperty(
      setting,
      fc.array(step, { minLength: 10, maxLength: 60 }),
      async ({ aging, ...bounds }, steps) => {
        const clock = manualClock()
        const queue = createQueue({ concurrency: 1, aging, ...bounds, clock, maxWait: '365d' })
        const seen: string[] = []
        const expected: string[] = []
        const permits: Permit[] = []
        const aborts = new Map<number, AbortController>()
        let waiting: Naive[] = []
        let isFree = true

        const ageOf = ({ priority, at }: Naive): number =>
          aging === false ? priority : priority * aging * 1_000 + (clock.now() - at)
        /** Highest first. */
        const sorted = (): Naive[] => waiting.toSorted((a, b) => ageOf(b) - ageOf(a) || a.name - b.name)
        const without = (name: number | undefined): Naive[] => waiting.filter((other) => other.name !== name)
        const startNext = (): void => {
          const first = sorted()[0]
          isFree = first === undefined
          if (first === undefined) return
          waiting = without(first.name)
          expected.push(`${first.name} started`)
        }
        const arrive = (job: Naive): void => {
          if (isFree) {
            isFree = false
            expected.push(`${job.name} started`)
            return
          }
          if (waiting.filter(({ key }) => key === job.key).length >= bounds.maxPerKey) {
            expected.push(`${job.name} refused`)
            return
          }
          waiting.push(job)
          if (waiting.length <= bounds.maxQueued) return
          const last = sorted().at(-1)
          waiting = without(last?.name)
          expected.push(`${last?.name} refused`)
        }

        for (const [name, what] of steps.entries()) {
          if (what === 'finish') {
            permits.shift()?.release()
            if (!isFree) startNext()
          } else if ('advance' in what) clock.advance(what.advance)
          else if ('abort' in what) {
            const gone = sorted()[what.abort]
            waiting = without(gone?.name)
            if (gone !== undefined) aborts.get(gone.name)?.abort()
          } else {
            const { priority, key } = what
            const abort = new AbortController()
            aborts.set(name, abort)
            queue.acquire({ priority, key, signal: abort.signal }).then(
              (permit) => {
                seen.push(`${name} started`)
                permits.push(permit)
              },
              () => {
                if (!abort.signal.aborted) seen.push(`${name} refused`)
              },
            )
            arrive({ name, priority, key, at: clock.now() })
          }
          await settle()
          expect(seen).toEqual(expected)
          expect([queue.size, queue.running]).toEqual([waiting.length, isFree ? 0 : 1])
        }
        permits.shift()?.release()
        await settle()
        void queue.close()
        await settle()
        permits.at(-1)?.release()
      },
    ),
    { numRuns: 300 },
  )
})

/** Keeps a queue of one place busy with urgent work, and says after how many of these the other job has had its turn. */
async function turnOf(aging: number | false, most: number): Promise<number | undefined> {
  const clock = manualClock()
  const queue = createQueue({ concurrency: 1, aging, clock, maxWait: '365d', maxQueued: 10 })
  let turn: number | undefined
  let permit = await queue.acquire()
  const humble = queue.acquire({ priority: 0 })
  for (let i = 0; i < most && turn === undefined; i++) {
    const urgent = queue.acquire({ priority: 10 })
    urgent.catch(() => undefined)
    clock.advance(100)
    permit.release()
    permit = await Promise.race([humble, urgent])
    if ((await Promise.race([humble, 'waits'])) !== 'waits') turn = i
  }
  humble.catch(() => undefined)
  const closed = queue.close()
  permit.release()
  await closed
  return turn
}

test('with aging everybody has a turn: after ten priorities’ worth of time', async () => {
  // An urgent job that comes 10 × 50 ms later is as high as the other one; of equals whoever came first goes.
  expect(await turnOf(50, 1_000)).toBe(5)
})

test('without aging whoever is lower waits for as long as there are higher ones', async () => {
  expect(await turnOf(false, 1_000)).toBeUndefined()
})

test('full: one that goes before the last takes its place, one that doesn’t is refused, and nobody else is touched', async () => {
  const queue = createQueue({ concurrency: 1, maxQueued: 2, aging: false })
  const { release } = await queue.acquire()
  const order: string[] = []
  const run = (name: string, priority: number) => fateOf(queue.run(() => void order.push(name), { priority }))
  const fates = [run('low', 0), run('high', 5), run('equal', 0), run('lower', -1), run('middle', 3)]
  release()
  expect(await Promise.all(fates)).toEqual(['QUEUE_FULL', 'done', 'QUEUE_FULL', 'QUEUE_FULL', 'done'])
  expect(order).toEqual(['high', 'middle'])
})
