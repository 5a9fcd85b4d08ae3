import { setTimeout as sleep } from 'node:timers/promises'
import { HeadgateError, type ManualClock, manualClock } from '@headgate/core'
import { beforeEach, expect, test } from 'vitest'
import { createDirectory, type DirectoryOptions, definePlans, type LookupAnswer } from '../src/index.ts'

const plans = definePlans({
  free: { daily: 100 },
  premium: { daily: 10_000, monthly: 100_000, priority: 10 },
})
let clock: ManualClock
let warnings: Error[]

beforeEach(() => {
  clock = manualClock()
  warnings = []
})

function directory(options: Partial<DirectoryOptions> = {}) {
  const onWarning = (warning: Error): void => void warnings.push(warning)
  return createDirectory({ plans, default: 'free', clock, onWarning, ...options })
}

/** A lookup that answers when it is told to, and counts how often it was asked. */
function lookupByHand() {
  const asked: {
    subject: string
    signal: AbortSignal
    answer: (with_: LookupAnswer) => void
    fail: (error: unknown) => void
  }[] = []
  const lookup = (subject: string, signal: AbortSignal): Promise<LookupAnswer> =>
    new Promise((answer, fail) => asked.push({ subject, signal, answer, fail }))
  return { asked, lookup }
}

async function codeOf(promise: unknown): Promise<string> {
  try {
    await promise
  } catch (error) {
    if (error instanceof HeadgateError) return error.code
  }
  return 'none'
}

test('who is told is on that plan, others on the default one, and all of it at once', () => {
  const people = directory({
    subjects: { acme: 'premium', globex: { plan: 'premium', daily: 7, priority: null } },
  })
  expect(people.planOf('acme')).toBe(plans.premium)
  expect(people.planOf('nobody')).toBe(plans.free)
  expect(people.planOf('globex')).toMatchObject({
    name: 'premium',
    priority: 0,
    limits: { daily: { limit: 7 } },
  })
  // The same object, for what is compiled is kept by it.
  expect(people.limitsOf('globex')).toBe(people.limitsOf('globex'))
})

test('subjects have any name, also those of a Map', () => {
  const people = directory({
    subjects: new Map([
      ['__proto__', 'premium'],
      ['a"b\u0000', 'premium'],
    ]),
  })
  expect([people.planOf('__proto__'), people.planOf('a"b\u0000'), people.planOf('constructor')]).toEqual([
    plans.premium,
    plans.premium,
    plans.free,
  ])
})

test('an assignment ends', async () => {
  const until = new Date(clock.now() / 1_000 + 1_000).toISOString()
  const people = directory({
    subjects: { acme: { plan: 'premium', until } },
    lookup: () => ({ plan: 'premium', until: new Date(until) }),
    ttl: '1h',
  })
  expect([people.planOf('acme'), people.planOf('else')]).toEqual([plans.premium, plans.premium])
  clock.advance(999)
  expect(people.planOf('acme')).toBe(plans.premium)
  clock.advance(1)
  expect([people.planOf('acme'), people.planOf('else')]).toEqual([plans.free, plans.free])
})

test('an answer counts for its time, and is then asked for again', async () => {
  let answer: LookupAnswer = 'premium'
  let asked = 0
  const people = directory({
    lookup: async () => {
      asked++
      return answer
    },
    ttl: '30s',
  })
  expect(await people.planOf('acme')).toBe(plans.premium)
  answer = null
  clock.advance(29_999)
  // Known, so at once.
  expect(people.planOf('acme')).toBe(plans.premium)
  clock.advance(1)
  expect(await people.planOf('acme')).toBe(plans.free)
  expect(asked).toBe(2)
})

test('all who wait for a subject share one lookup; others have their own', async () => {
  const { asked, lookup } = lookupByHand()
  const people = directory({ lookup })
  const waiting = [people.planOf('a'), people.planOf('a'), people.limitsOf('a'), people.planOf('b')]
  expect(asked.map(({ subject }) => subject)).toEqual(['a', 'b'])
  asked[0]?.answer('premium')
  asked[1]?.answer(undefined)
  expect(await Promise.all(waiting)).toEqual([plans.premium, plans.premium, plans.premium.limits, plans.free])
})

test('a lookup that answers at once is answered at once', () => {
  const people = directory({ lookup: (subject) => (subject === 'acme' ? 'premium' : undefined) })
  expect([people.planOf('acme'), people.planOf('b')]).toEqual([plans.premium, plans.free])
})

test('where a lookup fails, the answer of before stays, and it is tried again after a second', async () => {
  let fails = false
  let asked = 0
  const people = directory({
    lookup: async () => {
      asked++
      if (fails) throw new Error('no database')
      return 'premium'
    },
    ttl: '30s',
  })
  await people.planOf('acme')
  fails = true
  clock.advance('1h')
  expect(await people.planOf('acme')).toBe(plans.premium)
  expect(people.planOf('acme')).toBe(plans.premium)
  expect(asked).toBe(2)
  expect(warnings.map(({ message }) => message)).toEqual([
    expect.stringContaining('"acme" could not be looked up: no database'),
  ])
  clock.advance('1s')
  expect(await people.planOf('acme')).toBe(plans.premium)
  expect(asked).toBe(3)
})

test('who was never known is an error, or on the default plan, as it was chosen; a failing lookup is left alone for a second', async () => {
  let asked = 0
  const lookup = async (): Promise<LookupAnswer> => {
    asked++
    throw new Error('no database')
  }
  const strict = directory({ lookup })
  expect(await codeOf(strict.planOf('acme'))).toBe('LOOKUP_FAILED')
  expect(() => strict.planOf('acme')).toThrow('no database')
  expect(asked).toBe(1)
  const lenient = directory({
    lookup,
    onError: 'default',
    onWarning() {
      throw new Error('dropped')
    },
  })
  expect(await lenient.planOf('acme')).toBe(plans.free)
  expect(lenient.planOf('acme')).toBe(plans.free)
  expect(asked).toBe(2)
})

test.each([
  ['a plan that there isn’t', 'platinum'],
  ['a plan of another kind', 5],
  ['changes that can’t be meant', { plan: 'free', daily: -5 }],
  ['an end without a time zone', { plan: 'free', until: '2027-01-01' }],
])('an answer of %s is a failure', async (_, answer) => {
  const people = directory({ lookup: async () => answer as LookupAnswer })
  expect(await codeOf(people.planOf('acme'))).toBe('LOOKUP_FAILED')
  expect(warnings[0]?.cause).toBeInstanceOf(HeadgateError)
})

test('what throws at once, and a promise that isn’t one of JavaScript’s, are as good', async () => {
  const thrower = directory({
    onError: 'default',
    lookup: () => {
      throw new Error('oops')
    },
  })
  expect(thrower.planOf('acme')).toBe(plans.free)
  const thenable = directory({
    // biome-ignore lint/suspicious/noThenProperty: as query builders have it
    lookup: () => ({ then: (done: (plan: string) => void) => done('premium') }) as unknown as Promise<string>,
  })
  expect(await thenable.planOf('acme')).toBe(plans.premium)
})

test('a lookup has a deadline, and is told of it', async () => {
  const { asked, lookup } = lookupByHand()
  const people = directory({ lookup, timeout: 20 })
  const error: unknown = await Promise.resolve(people.planOf('acme')).catch((refusal) => refusal)
  expect(error).toMatchObject({ code: 'LOOKUP_FAILED', cause: { name: 'TimeoutError' } })
  expect(asked[0]?.signal.aborted).toBe(true)
  // Nothing comes of an answer that is late, neither good nor bad.
  asked[0]?.fail(new Error('late'))
  await sleep(1)
  clock.advance('1s')
  const again = people.planOf('acme')
  asked[1]?.answer('premium')
  expect(await again).toBe(plans.premium)
  expect(asked[1]?.signal.aborted).toBe(false)
})

test('what was forgotten is asked for again, also where an older answer is on its way', async () => {
  const { asked, lookup } = lookupByHand()
  const people = directory({ lookup })
  const old = people.planOf('acme')
  people.forget('acme')
  const fresh = people.planOf('acme')
  asked[1]?.answer('premium')
  expect(await fresh).toBe(plans.premium)
  asked[0]?.answer(undefined)
  // Whoever waited for that gets the newer one.
  expect(await old).toBe(plans.premium)
  expect(people.planOf('acme')).toBe(plans.premium)
  people.forget()
  expect(people.planOf('acme')).toBeInstanceOf(Promise)
  asked[2]?.answer('free')
})

test('of so many subjects answers are kept', () => {
  let asked = 0
  const people = directory({
    maxSubjects: 10,
    lookup: () => {
      asked++
      return 'premium'
    },
  })
  for (let i = 0; i < 100; i++) people.planOf(`${i}`)
  expect(asked).toBe(100)
  people.planOf('99')
  expect(asked).toBe(100)
  people.planOf('0')
  expect(asked).toBe(101)
})

test('names of any length are answered, and kept as far as they fit', () => {
  let asked = 0
  const people = directory({
    maxSubjects: 10,
    lookup: () => {
      asked++
      return 'premium'
    },
  })
  const long = 'a'.repeat(1_000_000)
  expect([people.planOf(long), people.planOf(long)]).toEqual([plans.premium, plans.premium])
  expect(asked).toBe(2)
  people.planOf('short')
  for (const letter of 'abcdefghi') people.planOf(letter.repeat(1_200))
  expect(people.planOf('short')).toBe(plans.premium)
  expect(asked).toBe(13)
})

test('other plans hold from now on, also for what was looked up; wrong ones change nothing', async () => {
  let asked = 0
  const people = directory({
    subjects: { told: { plan: 'premium', monthly: null } },
    lookup: () => {
      asked++
      return 'premium'
    },
  })
  people.planOf('acme')
  const next = definePlans({ basic: { daily: 1 }, premium: { daily: 20_000 } })
  people.update({ plans: next, default: 'basic', subjects: { told: 'basic' } })
  expect([people.planOf('acme'), people.planOf('told')]).toEqual([next.premium, next.basic])
  expect(asked).toBe(1)
  expect(() => people.update({ plans, default: 'basic' })).toThrow(
    '`default` is "basic", and there is no such plan',
  )
  expect(people.planOf('told')).toBe(next.basic)
})

test.each<[string, Partial<Record<keyof DirectoryOptions, unknown>>]>([
  ['plans', { plans: undefined }],
  ['default', { default: 'gold' }],
  ['default', { default: '__proto__' }],
  ['subjects', { subjects: 'acme' }],
  ['subjects["a"]', { subjects: { a: 'gold' } }],
  ['subjects["a"].plan', { subjects: { a: {} } }],
  ['subjects["a"].daily', { subjects: { a: { plan: 'free', daily: 0 } } }],
  ['subjects["a"].until', { subjects: { a: { plan: 'free', until: 'tomorrow' } } }],
  ['subjects["a"].until', { subjects: { a: { plan: 'free', until: '2027-02-30T00:00:00Z' } } }],
  ['subjects["a"].until', { subjects: { a: { plan: 'free', until: new Date(Number.NaN) } } }],
  ['subject', { subjects: { '': 'free' } }],
  ['lookup', { lookup: 'x' }],
  ['ttl', { ttl: 0 }],
  ['timeout', { timeout: '1y' }],
  ['maxSubjects', { maxSubjects: 0 }],
  ['onError', { onError: 'allow' }],
  ['onWarning', { onWarning: 1 }],
])('a wrong %s is an error: %j', (option, options) => {
  expect(() => directory(options as Partial<DirectoryOptions>)).toThrow(
    expect.objectContaining({ name: 'HeadgateError', option }),
  )
})

test.each(['', undefined, 5, null])('nobody is called %j', (subject) => {
  expect(() => directory().planOf(subject as string)).toThrow(
    expect.objectContaining({ code: 'INVALID_KEY' }),
  )
})
