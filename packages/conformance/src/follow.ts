import type { Adjustment, Check, Key, Limit, Micros, Outcome, State, Store } from '@headgate/core'
import { costOf } from './arbitraries/costs.ts'
import type { Ask, Call, Program } from './arbitraries/programs.ts'
import { timeFrom } from './arbitraries/steps.ts'
import { expectSame, expectThat, type Figures } from './figures.ts'
import { ruleAt } from './rule-figures.ts'
import { type Reading, read } from './subject.ts'

/** A store, or one way to ask it, and the word with which its scopes start. */
export interface Port {
  readonly name: string
  readonly scope: string
  readonly store: Pick<Store, 'decide' | 'adjust' | 'delete'>
}

/** What a port charged, to be given back later. */
interface Charge {
  readonly limit: number
  readonly id: string
  readonly cost: number
  readonly receipt: State
}

/** Lets a program run at both ports, call by call. Everything that they answer must be the same. */
export async function follow(program: Program, actual: Port, expected: Port): Promise<void> {
  const limits: Limit[] = [...program.limits]
  const time = timeFrom(program.start)
  const runs = [actual, expected].map((port) => ({ port, charges: [] as Charge[] }))
  let answer: Figures | undefined
  for (const [n, { step, call }] of program.calls.entries()) {
    if (call.kind === 'change') limits[call.limit] = call.to
    const now = time.move(step, ruleAt(limits[limitOf(call)] as Limit, time.now), answer)
    const [readings = [], others = []] = await Promise.all(
      runs.map(({ port, charges }) => perform(call, port, charges, limits, now)),
    )
    expectThat(
      readings.length === others.length,
      `call ${n}: ${readings.length} results, not ${others.length}`,
    )
    for (const [i, reading] of readings.entries()) {
      const other = others[i] as Reading
      const what = `call ${n}, ${call.kind}, result ${i}, ${actual.name} against ${expected.name}`
      expectSame(what, { now: reading.now, ...reading.figures }, { now: other.now, ...other.figures })
    }
    answer = others[0]?.figures ?? answer
  }
}

function limitOf(call: Call): number {
  if ('asks' in call) return call.asks[0]?.limit ?? 0
  return 'limit' in call ? call.limit : 0
}

async function perform(
  call: Call,
  { store, scope }: Port,
  charges: Charge[],
  limits: readonly Limit[],
  now: Micros,
): Promise<readonly Reading[]> {
  const keyOf = (limit: number, id: string): Key => ({ scope: `${scope}/${limit}`, id })
  const checkOf = ({ limit, cost, shadow }: Ask, id: string, skew: Micros): Check => {
    const rule = ruleAt(limits[limit] as Limit, now + skew)
    return { ...keyOf(limit, id), rule, cost: costOf(cost, rule), shadow }
  }
  const note = (
    asks: readonly Ask[],
    checks: readonly Check[],
    outcome: Outcome,
    charged: boolean,
  ): Reading[] => {
    const readings = checks.map((check, i) => read(check, outcome, i, charged))
    for (const [i, { allowed, receipt }] of readings.entries()) {
      const { id, cost } = checks[i] as Check
      if (charged && allowed && cost > 0) charges.push({ limit: asks[i]?.limit ?? 0, id, cost, receipt })
    }
    return readings
  }

  switch (call.kind) {
    case 'decide': {
      const checks = call.asks.map((ask) => checkOf(ask, `u${call.subject}`, call.skew))
      const outcome = await store.decide(checks, now)
      const allowed = checks.every(({ shadow }, i) => shadow || outcome.results[i]?.allowed)
      return note(call.asks, checks, outcome, allowed)
    }
    case 'charge': {
      const checks = call.asks.map((ask) => checkOf(ask, `u${call.subject}`, 0))
      const changes = checks.map(
        ({ scope, id, rule, cost }): Adjustment => ({ scope, id, rule, units: cost }),
      )
      return note(call.asks, checks, await store.adjust(changes, now), true)
    }
    case 'refund': {
      const charge = charges[call.charge % Math.max(1, charges.length)]
      if (charge === undefined) return []
      const rule = ruleAt(limits[charge.limit] as Limit, now)
      const units = Math.min(Math.ceil((charge.cost / 100) * call.percent), Number.MAX_SAFE_INTEGER)
      const change = { ...keyOf(charge.limit, charge.id), rule, units: -units }
      const outcome = await store.adjust([call.blind ? change : { ...change, charge: charge.receipt }], now)
      return [read({ ...change, cost: 0 }, outcome)]
    }
    case 'delete':
      await store.delete([keyOf(call.limit, `u${call.subject}`)])
      return []
    case 'change':
      return []
  }
}
