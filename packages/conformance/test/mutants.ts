import {
  type Adjustment,
  algorithmOf,
  applyAdjustments,
  applyChecks,
  type Check,
  cellsIn,
  encodeKey,
  expiresAt,
  type Key,
  MAX_LEAD,
  type Micros,
  parseUnits,
  type Rule,
  type State,
  type Store,
} from '@headgate/core'
import type { LawName } from '../src/index.ts'
import { storeOf } from './support.ts'

/** For each law a store that breaks it, and little else. */
export const mutants: { readonly [N in LawName]: { readonly mistake: string; readonly make: () => Store } } =
  {
    'equals the model': {
      mistake: 'loses the last bits of large numbers',
      make: () => storeOf({ save: ({ units, cells }) => ({ units, cells: Array.from(cells, roughly) }) }),
    },
    'never more than the bound': {
      mistake: 'compares with <= where < is meant, and so lets one more in',
      make: () =>
        storeOf({ decide: (checks, states, now) => applyChecks(checks.map(widened(1)), states, now) }),
    },
    'retry is tight': {
      mistake: 'reads the clock in whole milliseconds',
      make: () =>
        storeOf({
          decide: (checks, states, now) => {
            const applied = applyChecks(checks, states, now - (now % 1_000))
            return { ...applied, outcome: { ...applied.outcome, now } }
          },
        }),
    },
    'remaining is exact': {
      mistake: 'keeps the last unit to itself',
      make: () =>
        storeOf({ decide: (checks, states, now) => applyChecks(checks.map(widened(-1)), states, now) }),
    },
    'takes add up': { mistake: 'has one row for each time, and overwrites it', make: overwriting },
    'a refund undoes a take': {
      mistake: 'gives back to the window that is current, not to that which was charged',
      make: () =>
        storeOf({
          adjust: (changes, states, now) => {
            const misled = changes.map((change, i): Adjustment => {
              const { rule, units } = change
              const cells = algorithmOf(rule).receipt(cellsIn(rule, states[i], now))
              return units < 0 ? { ...change, charge: { units: rule.units, cells } } : change
            })
            return applyAdjustments(misled, states, now)
          },
        }),
    },
    'cost 0 changes nothing': {
      mistake: 'writes what it reads, and so carries over to a limit that somebody only asked about',
      make: () =>
        storeOf({
          decide: (checks, states, now) => {
            const { outcome } = applyChecks(checks, states, now)
            const writes = checks.map(({ rule }, i) => ({
              units: rule.units,
              cells: outcome.results[i]?.cells ?? [],
            }))
            return { outcome, writes }
          },
        }),
    },
    'a denial leaves no debt': {
      mistake: 'counts what it denies',
      make: () =>
        storeOf({
          decide: (checks, states, now) => {
            const { outcome, writes } = applyChecks(checks, states, now)
            const charges = checks.map((check): Adjustment => ({ ...check, units: check.cost }))
            const charged = applyAdjustments(charges, states, now).writes
            return { outcome, writes: checks.map(({ cost }, i) => (cost > 0 ? charged[i] : writes[i])) }
          },
        }),
    },
    'all or nothing': {
      mistake: 'decides each check by itself',
      make: () => groupedBy((check) => check.scope),
    },
    'all or nothing across subjects': {
      mistake: 'decides each subject by itself',
      make: () => groupedBy((check) => check.id),
    },
    'expiry is invisible': {
      mistake: 'drops a state when it is empty, though a clock may lag',
      make: () => storeOf({ load: (state, now) => (expiresAt(state) - MAX_LEAD > now ? state : undefined) }),
    },
    'a lagging clock gains nothing': {
      mistake: 'lets time run backwards: before the last charge there is none',
      make: () => storeOf({ load: (state, now) => (latest(state) > now ? undefined : state) }),
    },
    'a clock set back locks nobody out': {
      mistake: 'never lets time run backwards, however far it would',
      make: () =>
        storeOf({
          decide: (checks, states, now) => {
            const ahead = states.reduce((time, state) => Math.max(time, state ? latest(state) : 0), now)
            const applied = applyChecks(checks, states, ahead)
            return { ...applied, outcome: { ...applied.outcome, now } }
          },
        }),
    },
    'a clock set back is followed': {
      mistake: 'forgets a key whose last charge is more than 60 s ahead',
      make: () => storeOf({ load: (state, now) => (latest(state) > now + MAX_LEAD ? undefined : state) }),
    },
    'keys are isolated': {
      mistake: 'joins scope and id without their lengths',
      make: () => storeOf({ keyOf: ({ scope, id }) => `${scope}/${id}` }),
    },
    'hostile ids are kept apart': {
      mistake: 'does not tell capital letters from small ones',
      make: () => storeOf({ keyOf: ({ scope, id }) => encodeKey({ scope, id: id.toLowerCase() }) }),
    },
    'a changed limit keeps what was used': {
      mistake: 'starts anew when the algorithm is another',
      make: () =>
        storeOf({
          decide: (checks, states, now) => {
            const known = states.map((state, i) => (sameKind(state, checks[i]?.rule) ? state : undefined))
            return applyChecks(checks, known, now)
          },
        }),
    },
    'concurrent calls admit exactly the limit': { mistake: 'reads, waits, and writes', make: racing },
    'calls at once are as one by one': {
      mistake: 'decides safely, but reads, waits and writes what is charged past a limit',
      make: () => racing(false),
    },
    'a shadow check never denies': {
      mistake: 'forgets that a limit is only tried out',
      make: () =>
        storeOf({
          decide: (checks, states, now) => {
            const serious = checks.map((check): Check => ({ ...check, shadow: false }))
            return applyChecks(serious, states, now)
          },
        }),
    },
    'a debt is paid': {
      mistake: 'forgives what is charged past the limit',
      make: () =>
        storeOf({
          adjust: (changes, states, now) => {
            const forgiven = changes.map((change, i): Adjustment => {
              const { rule, units } = change
              const room = algorithmOf(rule).remaining(rule, cellsIn(rule, states[i], now), 0, now)
              return units > room ? { ...change, units: room } : change
            })
            return applyAdjustments(forgiven, states, now)
          },
        }),
    },
    'sync answers like async': {
      mistake: 'forgets what it decided at once',
      make: () => {
        const store = storeOf({})
        return { ...store, decideSync: storeOf({ save: () => empty }).decideSync }
      },
    },
    'calls keep their order': { mistake: 'answers first who came last', make: lastComeFirstServed },
  }

const empty: State = { units: 'window', cells: [0, 0, 0] }

/** As if kept with too few bits: times are, and counts that aren't large. */
function roughly(number: number): number {
  return number > 2 ** 52 ? number - (number % 8) : number
}

/** A check whose rule has room for some units more, if it has any then. */
function widened(units: number): (check: Check) => Check {
  return (check) => {
    const { rule } = check
    if (rule.algorithm === 'meter') {
      const cap = rule.cap + units * rule.den
      return { ...check, rule: { ...rule, cap: Math.max(cap, 0) } }
    }
    return { ...check, rule: { ...rule, limit: rule.limit + units } }
  }
}

function latest(state: State): Micros {
  const units = parseUnits(state.units)
  return algorithmOf(units).latest(units, state.cells, 0)
}

function sameKind(state: State | undefined, rule: Rule | undefined): boolean {
  return state !== undefined && parseUnits(state.units).algorithm === rule?.algorithm
}

/** A charge at the time of the one before takes the place of it. */
function overwriting(): Store {
  const before = new Map<string, { now: Micros; state: State | undefined }>()
  return storeOf({
    decide: (checks, states, now) => {
      const applied = applyChecks(checks, states, now)
      const rows = checks.map((check, i) => {
        const key = encodeKey(check)
        const row = before.get(key)
        const first = row?.now === now ? row.state : states[i]
        if (applied.writes[i]) before.set(key, { now, state: first })
        return first
      })
      return {
        outcome: applied.outcome,
        writes: applyChecks(checks, rows, now).writes.map((w, i) => applied.writes[i] && w),
      }
    },
  })
}

/** A store that is atomic only among the checks of one group. */
function groupedBy(group: (check: Check) => string): Store {
  return storeOf({
    decide: (checks, states, now) => {
      const parts = checks.map((check, i) => {
        const members = checks.filter((other) => group(other) === group(check))
        const known = members.map((member) => states[checks.indexOf(member)])
        const { outcome, writes } = applyChecks(members, known, now)
        const at = members.indexOf(check)
        return { result: outcome.results[at] ?? { allowed: false, cells: [] }, write: writes[at], i }
      })
      return {
        outcome: { now, results: parts.map(({ result }) => result) },
        writes: parts.map(({ write }) => write),
      }
    },
  })
}

/** Calls that are made in one turn of the event loop are decided from the last to the first. */
function lastComeFirstServed(): Store {
  const store = storeOf({})
  let waiting: (() => void)[] = []
  const inTurn = <T>(decide: () => T): Promise<T> =>
    new Promise((resolve) => {
      if (waiting.length === 0) {
        queueMicrotask(() => {
          const all = waiting.reverse()
          waiting = []
          for (const each of all) each()
        })
      }
      waiting.push(() => resolve(decide()))
    })
  return {
    name: 'last come, first served',
    decide: (checks, now) => inTurn(() => store.decideSync(checks, now)),
    adjust: (changes, now) => inTurn(() => store.adjustSync(changes, now)),
    delete: (keys) => inTurn(() => store.deleteSync(keys)),
    close: store.close,
  }
}

/** Between what it reads and what it writes, others write. Decisions may be safe. */
function racing(decisionsToo = true): Store {
  const states = new Map<string, State>()
  const run = async (
    on: readonly Key[],
    apply: (before: (State | undefined)[]) => ReturnType<typeof applyChecks>,
    wait: boolean,
  ) => {
    const keys = on.map(encodeKey)
    const { outcome, writes } = apply(keys.map((key) => states.get(key)))
    if (wait) await Promise.resolve()
    for (const [i, key] of keys.entries()) {
      const write = writes[i]
      if (write) states.set(key, write)
    }
    return outcome
  }
  return {
    name: 'racing',
    decide: (checks, now = 0) => run(checks, (before) => applyChecks(checks, before, now), decisionsToo),
    adjust: (changes, now = 0) => run(changes, (before) => applyAdjustments(changes, before, now), true),
    delete: async (keys) => {
      for (const key of keys) states.delete(encodeKey(key))
    },
    close: async () => states.clear(),
  }
}
