import { expect, test } from 'vitest'
import { type Budget, createBudget } from '../src/budget.ts'

const SECOND = 1_000_000
const NOTHING = { quotas: [], closedFor: 0, served: true }
const FAILED = { ...NOTHING, served: false }

/** A budget whose server asked to wait for a second, with one request of before that still under way. */
function onTrial(): { budget: Budget; early: ReturnType<Budget['take']> } {
  const budget = createBudget(60 * SECOND)
  const early = budget.take()
  const denied = budget.take()
  budget.settle(denied, { ...FAILED, closedFor: SECOND }, 0, true)
  return { budget, early }
}

/** How many may be sent now, if nothing is answered. */
function room(budget: Budget, now: number): number {
  let count = 0
  while (count < 100 && budget.isOpen(now)) {
    budget.take()
    count++
  }
  return count
}

test('nothing goes before the time, and one goes then', () => {
  const { budget } = onTrial()
  expect(budget.isOpen(SECOND - 1)).toBe(false)
  expect(room(budget, SECOND)).toBe(1)
})

test('a success lets two more go', () => {
  const { budget } = onTrial()
  expect(budget.isOpen(SECOND)).toBe(true)
  budget.settle(budget.take(), NOTHING, SECOND, true)
  expect(room(budget, SECOND)).toBe(2)
})

test('a failure lets another one try', () => {
  const { budget } = onTrial()
  expect(budget.isOpen(SECOND)).toBe(true)
  budget.settle(budget.take(), FAILED, SECOND, true)
  expect(room(budget, SECOND)).toBe(1)
})

test('what was sent before the trial proves nothing', () => {
  const { budget, early } = onTrial()
  budget.settle(early, NOTHING, SECOND, true)
  expect(room(budget, SECOND)).toBe(1)
  const { budget: other, early: late } = onTrial()
  expect(room(other, SECOND)).toBe(1)
  other.settle(late, NOTHING, SECOND, true)
  expect(other.isOpen(SECOND)).toBe(false)
})

test('the trial is over when nobody waits any more', () => {
  const { budget } = onTrial()
  budget.settle(budget.take(), NOTHING, SECOND, false)
  expect(room(budget, SECOND)).toBe(100)
})

test('and when an answer tells what remains', () => {
  const { budget } = onTrial()
  const quota = { name: '', remaining: 9, lasts: SECOND }
  budget.settle(budget.take(), { ...NOTHING, quotas: [quota] }, SECOND, true)
  // One of the nine may be the early one's.
  expect(room(budget, SECOND)).toBe(8)
})

test('an answer to what was sent when all others were known takes their place', () => {
  const budget = createBudget(60 * SECOND)
  const told = (remaining: number) => ({ ...NOTHING, quotas: [{ name: '', remaining, lasts: SECOND }] })
  budget.settle(budget.take(), told(1), 0, false)
  budget.settle(budget.take(), told(7), 1, false)
  const [first, second] = [budget.take(), budget.take()]
  budget.settle(first, told(3), 2, false)
  budget.settle(second, told(5), 2, false)
  expect(room(budget, 2)).toBe(3)
})

test('the policies of one origin are bounded', () => {
  const budget = createBudget(60 * SECOND)
  const quotas = Array.from({ length: 1_000 }, (_, i) => ({
    name: `${i}`,
    remaining: i < 16 ? 5 : 0,
    lasts: SECOND,
  }))
  budget.settle(budget.take(), { ...NOTHING, quotas }, 0, false)
  expect(room(budget, 0)).toBe(5)
})

test('a longer wait is not shortened by a later, shorter one', () => {
  const { budget } = onTrial()
  budget.settle(budget.take(), { ...FAILED, closedFor: SECOND / 2 }, 0, true)
  expect(budget.isOpen(SECOND - 1)).toBe(false)
  expect(budget.isOpen(SECOND)).toBe(true)
})

test('of answers that cross, the least number holds for the longest time', () => {
  const budget = createBudget(60 * SECOND)
  const passes = [1, 2, 3, 4].map(() => budget.take())
  const answers = [
    { ...NOTHING, quotas: [{ name: '', remaining: 0, lasts: SECOND }] },
    NOTHING,
    { ...NOTHING, quotas: [{ name: '', remaining: 0, lasts: 2 * SECOND }] },
    { ...NOTHING, quotas: [{ name: '', remaining: 9, lasts: 9 * SECOND }] },
  ]
  passes.forEach((pass, i) => {
    budget.settle(pass, answers[i] ?? NOTHING, 0, true)
  })
  expect(budget.isOpen(2 * SECOND - 1)).toBe(false)
  expect(budget.isOpen(2 * SECOND)).toBe(true)

  const other = createBudget(60 * SECOND)
  const [first, second] = [other.take(), other.take()]
  other.settle(first, { ...NOTHING, quotas: [{ name: '', remaining: 3, lasts: SECOND }] }, 0, true)
  other.settle(second, { ...NOTHING, quotas: [{ name: '', remaining: 4, lasts: 2 * SECOND }] }, 0, true)
  expect(room(other, 2 * SECOND - 1)).toBe(3)
})
