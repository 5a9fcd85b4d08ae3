import { expect, test } from 'vitest'
import { createGather, type GatherOptions } from '../src/index.ts'

const options = { name: 'fake', timeout: 5_000, maxBatch: 4, maxInFlight: 1, maxWaiting: 8 }

/** A gather whose calls answer when they are told to. */
function controlled(more: Partial<GatherOptions<number, number>> = {}) {
  const calls: {
    questions: readonly number[]
    answer: (answers: (number | Error)[]) => void
    fail: () => void
  }[] = []
  const gather = createGather<number, number>({
    ...options,
    send: (questions) =>
      new Promise((resolve, reject) => {
        calls.push({ questions, answer: resolve, fail: () => reject(new Error('down')) })
      }),
    ...more,
  })
  return { gather, calls }
}

const settled = (promises: readonly Promise<number>[]) => Promise.allSettled(promises)

test('what comes in one turn goes together, and what comes meanwhile in the next call', async () => {
  const { gather, calls } = controlled()
  const first = [1, 2].map(gather.ask)
  await Promise.resolve()
  const later = [3, 4, 5, 6, 7].map(gather.ask)
  await Promise.resolve()
  expect(calls.map(({ questions }) => questions)).toEqual([[1, 2]])
  calls[0]?.answer([10, 20])
  expect(await Promise.all(first)).toEqual([10, 20])
  expect(calls[1]?.questions).toEqual([3, 4, 5, 6])
  calls[1]?.answer([30, 40, 50, 60])
  await expect.poll(() => calls[2]?.questions).toEqual([7])
  calls[2]?.answer([70])
  expect(await Promise.all(later)).toEqual([30, 40, 50, 60, 70])
  await gather.idle()
})

test('an error in the place of an answer is that question’s alone; a failed call fails all of its own', async () => {
  const { gather, calls } = controlled()
  const first = settled([1, 2].map(gather.ask))
  await Promise.resolve()
  calls[0]?.answer([new Error('mine'), 20])
  expect(await first).toMatchObject([{ reason: { message: 'mine' } }, { value: 20 }])
  const second = settled([3, 4].map(gather.ask))
  await Promise.resolve()
  calls[1]?.fail()
  expect(await second).toMatchObject([{ reason: { message: 'down' } }, { reason: { message: 'down' } }])
})

test('an answer that is missing is an error, not a promise that hangs', async () => {
  const { gather, calls } = controlled()
  const asked = settled([1, 2].map(gather.ask))
  await Promise.resolve()
  calls[0]?.answer([10])
  expect(await asked).toMatchObject([{ value: 10 }, { reason: { code: 'STORE_FAILED' } }])
})

test('a send that throws rejects', async () => {
  const gather = createGather<number, number>({
    ...options,
    send: () => {
      throw new Error('thrown')
    },
  })
  await expect(gather.ask(1)).rejects.toThrow('thrown')
})

test('past the deadline everybody is told, those that wait too, and a silent call gives its place up', async () => {
  const { gather, calls } = controlled({ timeout: 50 })
  const first = settled([gather.ask(1)])
  await Promise.resolve()
  const waiting = settled([gather.ask(2)])
  for (const [answer] of [await first, await waiting]) {
    expect(answer).toMatchObject({ status: 'rejected', reason: { code: 'STORE_TIMEOUT' } })
  }
  const next = gather.ask(3)
  await Promise.resolve()
  expect(calls[1]?.questions).toEqual([3])
  calls[0]?.answer([10])
  calls[1]?.answer([30])
  expect(await next).toBe(30)
})

test('who would wait behind too many is told at once', async () => {
  const { gather, calls } = controlled()
  const first = gather.ask(0)
  await Promise.resolve()
  const waiting = Array.from({ length: 8 }, (_, i) => gather.ask(i + 1))
  await expect(gather.ask(9)).rejects.toMatchObject({ code: 'STORE_OVERLOADED' })
  calls[0]?.answer([0])
  await first
  calls[1]?.answer([1, 2, 3, 4])
  await expect.poll(() => calls).toHaveLength(3)
  calls[2]?.answer([5, 6, 7, 8])
  expect(await Promise.all(waiting)).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
})

test('where questions don’t travel together, each is answered by itself, and none waits for another', async () => {
  const answers: { resolve: (answer: number) => void; reject: (error: unknown) => void }[] = []
  const gather = createGather<number, number>({
    ...options,
    send: (questions) =>
      questions.map(() => new Promise((resolve, reject) => void answers.push({ resolve, reject }))),
  })
  const [first, second, third] = [1, 2, 3].map(gather.ask)
  await Promise.resolve()
  const later = gather.ask(4)
  answers[1]?.resolve(20)
  expect(await second).toBe(20)
  answers[2]?.reject('down')
  await expect(third).rejects.toThrow('down')
  // The call is under way until all of its questions are answered.
  expect(answers).toHaveLength(3)
  answers[0]?.resolve(10)
  expect(await first).toBe(10)
  expect(answers).toHaveLength(4)
  answers[3]?.resolve(40)
  expect(await later).toBe(40)
  await gather.idle()

  const short = createGather<number, number>({ ...options, send: () => [] })
  await expect(short.ask(1)).rejects.toMatchObject({ code: 'STORE_FAILED' })
})

test('`fit` says how many of those that wait go together', async () => {
  const { gather, calls } = controlled({ fit: (questions) => (questions[0] === 1 ? 3 : 1) })
  const all = [1, 2, 3, 4, 5].map(gather.ask)
  for (const [i, questions] of [[1, 2, 3], [4], [5]].entries()) {
    await expect.poll(() => calls[i]?.questions).toEqual(questions)
    calls[i]?.answer(questions.map((n) => n * 10))
  }
  expect(await Promise.all(all)).toEqual([10, 20, 30, 40, 50])
})
