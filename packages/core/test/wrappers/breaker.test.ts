import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type BreakerState, type CallResult, createBreaker } from '../../src/wrappers/breaker.ts'

type Settle = (result: CallResult, now: number) => void

/** The breaker told in the plainest way: every result is kept with its time, and counted anew. */
function plainBreaker(ratio: number, minimum: number, part: number, openFor: number, probes: number) {
  let state: BreakerState = 'closed'
  let since = 0
  let opensAt = 0
  let results: { part: number; failed: boolean }[] = []
  let probing = 0
  let succeeded = 0
  const change = (to: BreakerState) => {
    state = to
    since++
    results = []
    probing = 0
    succeeded = 0
  }
  return {
    state: () => state,
    admit(now: number): Settle | undefined {
      if (state === 'open' && now >= opensAt) change('half-open')
      if (state === 'open' || (state === 'half-open' && probing + succeeded >= probes)) return undefined
      if (state === 'half-open') probing++
      const era = since
      return (result, then) => {
        if (era !== since) return
        if (state === 'half-open') {
          probing--
          if (result === 'failed') {
            opensAt = then + openFor
            change('open')
          } else if (result === 'ok' && ++succeeded === probes) change('closed')
          return
        }
        if (result === 'void') return
        const at = Math.floor(then / part)
        results.push({ part: at, failed: result === 'failed' })
        const counted = results.filter((each) => each.part > at - 10)
        const failures = counted.filter((each) => each.failed).length
        if (counted.length >= minimum && failures >= ratio * counted.length) {
          opensAt = then + openFor
          change('open')
        }
      }
    },
  }
}

const steps = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.record({ do: fc.constant('call' as const) }) },
    {
      weight: 6,
      arbitrary: fc.record({
        do: fc.constant('settle' as const),
        which: fc.nat(),
        result: fc.constantFrom<CallResult[]>('ok', 'ok', 'failed', 'failed', 'failed', 'void'),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        do: fc.constant('wait' as const),
        ms: fc.constantFrom(0, 1, 99, 100, 101, 499, 500, 999, 1_000),
      }),
    },
  ),
  { minLength: 20, maxLength: 150, size: 'max' },
)
const options = fc.record({
  failureRatio: fc.constantFrom(0.25, 0.5, 1),
  minimumCalls: fc.integer({ min: 1, max: 5 }),
  probes: fc.integer({ min: 1, max: 3 }),
})

test('the breaker is where a plain one is, whatever happens in whichever order', () => {
  const reached = new Set<string>()
  fc.assert(
    fc.property(options, steps, ({ failureRatio, minimumCalls, probes }, program) => {
      const changes: string[] = []
      const breaker = createBreaker(
        { failureRatio, minimumCalls, probes, window: 1_000, openFor: 500 },
        (from, to) => changes.push(`${from} to ${to}`),
      )
      const plain = plainBreaker(failureRatio, minimumCalls, 100, 500, probes)
      const pending: { ours: Settle; theirs: Settle }[] = []
      let now = 0
      for (const step of program) {
        const before = breaker.state
        if (step.do === 'wait') now += step.ms
        else if (step.do === 'call') {
          const [ours, theirs] = [breaker.admit(now), plain.admit(now)]
          expect(ours === undefined).toBe(theirs === undefined)
          if (ours && theirs) pending.push({ ours, theirs })
        } else if (pending.length > 0) {
          const [settled] = pending.splice(step.which % pending.length, 1)
          settled?.ours(step.result, now)
          settled?.theirs(step.result, now)
        }
        expect(breaker.state).toBe(plain.state())
        if (breaker.state === 'open' && before !== 'open') expect(breaker.opensAt).toBe(now + 500)
      }
      for (const change of changes) reached.add(change)
    }),
    { numRuns: 1_000 },
  )
  expect([...reached].sort()).toEqual([
    'closed to open',
    'half-open to closed',
    'half-open to open',
    'open to half-open',
  ])
})

test('what can’t be meant is refused', () => {
  for (const failureRatio of [0, -1, 1.1, Number.NaN]) {
    expect(() => createBreaker({ failureRatio })).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }))
  }
  expect(() => createBreaker({ minimumCalls: 0 })).toThrow(/minimumCalls/)
  expect(() => createBreaker({ probes: 1.5 })).toThrow(/probes/)
  expect(() => createBreaker({ openFor: 0 })).toThrow(/openFor/)
})
