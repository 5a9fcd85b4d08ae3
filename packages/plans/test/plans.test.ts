import {
  createLimiter,
  fixedWindow,
  HeadgateError,
  type LimitFigures,
  leakyBucket,
  quota,
  slidingLog,
  tokenBucket,
} from '@headgate/core'
import { memoryStore } from '@headgate/memory'
import { describe, expect, test } from 'vitest'
import { adjustPlan, definePlans, optionsOf, type PlanOptions } from '../src/index.ts'

const NOW = Date.UTC(2026, 10, 29, 12) * 1_000

/** The error that something throws. */
function errorOf(act: () => unknown): HeadgateError {
  try {
    act()
  } catch (error) {
    if (error instanceof HeadgateError) return error
    throw error
  }
  throw new Error('Nothing was thrown')
}

test('each field is a limit of its own name', () => {
  const { all } = definePlans({
    all: {
      rate: { limit: 60, per: '1m' },
      burst: 100,
      daily: 1_000,
      monthly: 20_000,
      timeZone: 'Europe/Berlin',
      anchorDay: 15,
      priority: 7,
      limits: { exports: fixedWindow({ limit: 5, window: '1h' }) },
    },
  })
  expect(all).toEqual({
    name: 'all',
    priority: 7,
    limits: {
      rate: tokenBucket({ capacity: 100, refill: 60, per: '1m' }),
      daily: quota({ limit: 1_000, per: 'day', timeZone: 'Europe/Berlin' }),
      monthly: quota({ limit: 20_000, per: 'month', timeZone: 'Europe/Berlin', anchorDay: 15 }),
      exports: fixedWindow({ limit: 5, window: '1h' }),
    },
  })
  expect(Object.keys(all.limits)).toEqual(['rate', 'daily', 'monthly', 'exports'])
  expect(Object.isFrozen(all) && Object.isFrozen(all.limits)).toBe(true)
})

test('a burst is as large as the rate, and a priority 0, unless told', () => {
  const { plain } = definePlans({ plain: { rate: { limit: 5, per: '1s' } } })
  expect(plain).toEqual({
    name: 'plain',
    priority: 0,
    limits: { rate: tokenBucket({ capacity: 5, refill: 5, per: '1s' }) },
  })
})

test('a plan begins as another one, over several steps; null takes away', () => {
  const plans = definePlans({
    enterprise: { extends: 'premium', monthly: null, limits: { jobs: null } },
    premium: {
      extends: 'basic',
      burst: 50,
      priority: 10,
      limits: { mails: fixedWindow({ limit: 9, window: '1h' }) },
    },
    basic: {
      rate: { limit: 10, per: '1s' },
      monthly: 100,
      limits: { jobs: leakyBucket({ rate: 1, per: '1s', queue: 3 }) },
    },
  })
  expect(Object.keys(plans.basic.limits)).toEqual(['rate', 'monthly', 'jobs'])
  expect(Object.keys(plans.premium.limits)).toEqual(['rate', 'monthly', 'jobs', 'mails'])
  expect(Object.keys(plans.enterprise.limits)).toEqual(['rate', 'mails'])
  expect(plans.enterprise.limits['rate']).toEqual(tokenBucket({ capacity: 50, refill: 10, per: '1s' }))
  expect(plans.enterprise.priority).toBe(10)
})

test('a plan with changes has its name, and can be changed again', () => {
  const { basic } = definePlans({ basic: { rate: { limit: 10, per: '1s' }, daily: 100, monthly: 1_000 } })
  const once = adjustPlan(basic, { daily: 500 })
  const twice = adjustPlan(once, { monthly: null, priority: 3 })
  expect(once.limits['daily']).toEqual(quota({ limit: 500, per: 'day' }))
  expect(twice).toEqual({
    name: 'basic',
    priority: 3,
    limits: { rate: basic.limits['rate'], daily: once.limits['daily'] },
  })
  expect(basic.limits['daily']).toEqual(quota({ limit: 100, per: 'day' }))
})

test('what a plan says can be written again: with what it began as, without what was taken away', () => {
  const exports = slidingLog({ limit: 5, window: '1h' })
  const { pro } = definePlans({
    free: { rate: { limit: 10, per: '1s' }, daily: 100, timeZone: 'Europe/Berlin', limits: { exports } },
    pro: {
      extends: 'free',
      burst: 50,
      daily: null,
      monthly: 9_000,
      limits: { exports: null, mails: exports },
    },
  })
  expect(optionsOf(pro)).toEqual({
    rate: { limit: 10, per: '1s' },
    burst: 50,
    monthly: 9_000,
    timeZone: 'Europe/Berlin',
    limits: { mails: exports },
  })
  const changed = adjustPlan(pro, { limits: { mails: null }, priority: 0 })
  expect(optionsOf(changed)).not.toHaveProperty('limits')
  for (const plan of [pro, changed]) {
    expect(definePlans({ [plan.name]: optionsOf(plan) })[plan.name]).toEqual(plan)
  }
})

test('who changes plans keeps what was used', async () => {
  const plans = definePlans({ free: { daily: 10 }, premium: { daily: 100, monthly: 1_000 } })
  const limiter = createLimiter({
    store: memoryStore(),
    limits: (name: keyof typeof plans) => plans[name].limits,
  })
  for (let i = 0; i < 4; i++) await limiter.consume('acme', { context: 'free', now: NOW })
  const { limits } = await limiter.consume('acme', { context: 'premium', now: NOW })
  expect([limits.daily.remaining, (limits as Record<string, LimitFigures>)['monthly']?.remaining]).toEqual([
    95, 999,
  ])
})

test('the types know each plan’s limits', () => {
  const plans = definePlans({
    basic: {
      rate: { limit: 1, per: '1s' },
      daily: 5,
      limits: { jobs: fixedWindow({ limit: 5, window: '1h' }) },
    },
    gold: {
      extends: 'basic',
      daily: null,
      monthly: 9,
      limits: { jobs: null, mails: quota({ limit: 1, per: 'day' }) },
    },
  })
  const { limits } = plans.gold
  expect([limits.rate.capacity, limits.monthly.limit, limits.mails.limit]).toEqual([1, 9, 1])
  // @ts-expect-error it was taken away
  expect([limits.daily, limits.jobs]).toEqual([undefined, undefined])
  // @ts-expect-error there is no such plan
  expect(plans.silver).toBeUndefined()
})

test('there are no plans but those that were made', () => {
  const plans: { readonly [name: string]: unknown } = definePlans({ free: { daily: 1 } })
  for (const name of ['constructor', '__proto__', 'toString']) expect(plans[name]).toBeUndefined()
})

describe('what is wrong is told at once, with its place', () => {
  test.each<[PlanOptions | unknown, string, string]>([
    [{ rate: { limit: 0, per: '1s' } }, 'plans.a.rate.limit', 'INVALID_OPTION'],
    [{ rate: { limit: 1.5, per: '1s' } }, 'plans.a.rate.limit', 'INVALID_OPTION'],
    [{ rate: { limit: 1, per: '1 s' } }, 'plans.a.rate.per', 'INVALID_DURATION'],
    [{ rate: { limit: 2 ** 52 + 1, per: '1ms' } }, 'plans.a.rate.per', 'NOT_EXACT'],
    [{ rate: { limit: 1, per: '1s', burst: 3 } }, 'plans.a.rate', 'INVALID_OPTION'],
    [{ rate: '60/1m' }, 'plans.a.rate', 'INVALID_OPTION'],
    [{ burst: 5, daily: 5 }, 'plans.a.burst', 'INVALID_OPTION'],
    [{ rate: { limit: 1, per: '1s' }, burst: -1 }, 'plans.a.burst', 'INVALID_OPTION'],
    [{ daily: '100' }, 'plans.a.daily', 'INVALID_OPTION'],
    [{ daily: 2 ** 53 }, 'plans.a.daily', 'INVALID_OPTION'],
    [{ daily: 5, timeZone: 'Mars/Olympus' }, 'plans.a.daily.timeZone', 'INVALID_LIMIT'],
    [{ monthly: 5, anchorDay: 32 }, 'plans.a.monthly.anchorDay', 'INVALID_LIMIT'],
    [{ rate: { limit: 1, per: '1s' }, timeZone: 'UTC' }, 'plans.a.timeZone', 'INVALID_OPTION'],
    [{ daily: 5, anchorDay: 3 }, 'plans.a.anchorDay', 'INVALID_OPTION'],
    [{ daily: 5, priority: 1_001 }, 'plans.a.priority', 'INVALID_OPTION'],
    [{ daily: 5, priority: Number.NaN }, 'plans.a.priority', 'INVALID_OPTION'],
    [{ dayly: 5 }, 'plans.a.dayly', 'INVALID_OPTION'],
    [{ limits: [] }, 'plans.a.limits', 'INVALID_OPTION'],
    [{ limits: { 'a b': quota({ limit: 1, per: 'day' }) } }, 'plans.a.limits', 'INVALID_OPTION'],
    [{ limits: { daily: quota({ limit: 1, per: 'day' }) } }, 'plans.a.limits', 'INVALID_OPTION'],
    [{ limits: { jobs: { algorithm: 'magic' } } }, 'plans.a.limits.jobs.algorithm', 'INVALID_LIMIT'],
    [{ limits: { jobs: 5 } }, 'plans.a.limits.jobs', 'INVALID_LIMIT'],
    [{}, 'plans.a', 'INVALID_OPTION'],
    [{ daily: null }, 'plans.a', 'INVALID_OPTION'],
    [null, 'plans.a', 'INVALID_OPTION'],
    [{ extends: 'b' }, 'plans.a.extends', 'UNKNOWN_PLAN'],
    [{ extends: 'constructor' }, 'plans.a.extends', 'UNKNOWN_PLAN'],
    [{ extends: 'a', daily: 5 }, 'plans.a.extends', 'INVALID_OPTION'],
  ])('%j: %s', (options, option, code) => {
    const error = errorOf(() => definePlans({ a: options as PlanOptions }))
    expect([error.option, error.code]).toEqual([option, code])
    expect(error.message).toContain(option.split('.').slice(0, 3).join('.'))
  })

  test('plans that begin as each other', () => {
    const error = errorOf(() =>
      definePlans({ a: { extends: 'b' }, b: { extends: 'c' }, c: { extends: 'a' } }),
    )
    expect(error.option).toBe('plans.c.extends')
  })

  test.each([undefined, null, 'free', [], {}])('no plans: %j', (options) => {
    expect(errorOf(() => definePlans(options as never)).option).toBe('plans')
  })

  test.each(['a b', '', '1st', '__proto__'])('the name %j', (name) => {
    const options = JSON.parse(`{${JSON.stringify(name)}:{"daily":1}}`)
    expect(errorOf(() => definePlans(options)).option).toBe('plans')
  })

  test('a plan that was made by hand can’t be changed', () => {
    const plan = { name: 'x', priority: 0, limits: {} }
    expect(errorOf(() => adjustPlan(plan, { daily: 1 })).option).toBe('plan')
    expect(errorOf(() => optionsOf(plan)).option).toBe('plan')
  })
})
