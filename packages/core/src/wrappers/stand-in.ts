import { MAX_LEVEL } from '../algorithms/algorithm.ts'
import type { Rule } from '../algorithms/rule.ts'
import { applyChecks, cellsIn } from '../apply.ts'
import type { Micros } from '../micros.ts'
import { isMark } from '../reservation.ts'
import type { Adjustment, Check, Outcome, Result, Store } from '../store.ts'
import { capacityOf, checkShare, shareOf } from './share.ts'

/** What answers where the primary store can't. It marks what it charges: that is given back here, and never to the primary. */
export interface StandIn {
  /** @throws {@link HeadgateError} `INVALID_OPTION` for a limit that it couldn't decide by, also while it needn't */
  check(checks: readonly Check[]): void
  /** Rejects with `error`, the primary's, where nothing may take the primary's place. */
  decide(checks: readonly Check[], now: Micros | undefined, error: unknown): Promise<Outcome>
  /** Carries out changes of what it charged; `undefined` in the place of all others. */
  adjust(
    adjustments: readonly Adjustment[],
    now: Micros | undefined,
  ): Promise<readonly (Result | undefined)[]>
  readonly store?: Store
}

/** The rule, with units that say where a charge by it is. (It is only read by; a window's units are a constant to its type.) */
function markedRule(mark: string, rule: Rule): Rule {
  return { ...rule, units: mark + rule.units } as Rule
}

/** What to say of a key that isn't counted anywhere. */
function uncounted(rule: Rule, mark: string): Result {
  return { allowed: true, cells: cellsIn(rule, undefined, 0), rule: markedRule(mark, rule) }
}

/**
 * Everybody is let in, or nobody, without counting. Let in is who would be if nobody had asked before: a cost that can
 * never fit stays denied for good. Who is denied is told to come back when the primary may be there again.
 *
 * @param prefix with which every mark of the wrapper begins
 * @param retryMs how long from now the primary isn't asked, in milliseconds
 */
export function countNothing(
  choice: 'allow' | 'deny',
  prefix: string,
  clock: () => Micros,
  retryMs: () => number,
): StandIn {
  const mark = `${prefix}nowhere>`
  const deny = (check: Check, now: Micros): Result => {
    if (check.shadow) return uncounted(check.rule, mark)
    const length = Math.ceil(retryMs() * 1_000)
    const limit = capacityOf(check.rule)
    // A log that is in debt, and over when the wait is: its figures are those of a limit that has nothing left.
    const rule = { algorithm: 'sliding-log', units: `${mark}sliding-log:${length}`, length, limit } as const
    return { allowed: false, cells: [now, Math.min(limit + 1, MAX_LEVEL)], rule }
  }
  const allow = (checks: readonly Check[], now: Micros): readonly Result[] => {
    const untouched = checks.map(() => undefined)
    const { results } = applyChecks(checks, untouched, now).outcome
    return results.map((result, i) => ({ ...result, rule: markedRule(mark, (checks[i] as Check).rule) }))
  }
  return {
    check: () => undefined,
    async decide(checks, now = clock(), error) {
      // Nobody but the primary can say whether a reservation was settled before.
      if (checks.some(isMark)) throw error
      return { now, results: choice === 'allow' ? allow(checks, now) : checks.map((each) => deny(each, now)) }
    },
    adjust: async (adjustments) =>
      adjustments.map(({ rule, charge }) =>
        charge?.units.startsWith(prefix) ? uncounted(rule, mark) : undefined,
      ),
  }
}

/**
 * Another store decides, by one of `parts` equal parts of each limit.
 *
 * @param prefix with which every mark of the wrapper begins
 * @param word tells this process's charges from others', where each has a store of its own
 */
export function countElsewhere(store: Store, parts: number, prefix: string, word: string): StandIn {
  const mark = `${prefix}fallback${word}>`
  const ruleOf = (check: Check): Rule => (isMark(check) ? check.rule : shareOf(check.rule, parts))
  const marked = (result: Result, rule: Rule): Result => ({
    ...result,
    rule: markedRule(mark, result.rule ?? rule),
  })

  return {
    store,
    check(checks) {
      for (const check of checks) if (!isMark(check)) checkShare(check.rule, parts)
    },
    async decide(checks, now) {
      const shares = checks.map((check) => ({ ...check, rule: ruleOf(check) }))
      const outcome = await store.decide(shares, now)
      const results = outcome.results.map((result, i) => marked(result, (shares[i] as Check).rule))
      return { ...outcome, results }
    },
    async adjust(adjustments, now) {
      const own = adjustments.flatMap((adjustment, at) => {
        const { rule, charge } = adjustment
        if (!charge?.units.startsWith(mark)) return []
        const original = { units: charge.units.slice(mark.length), cells: charge.cells }
        return [{ at, change: { ...adjustment, rule: shareOf(rule, parts), charge: original } }]
      })
      const changes = own.map(({ change }) => change)
      const outcome = own.length > 0 ? await store.adjust(changes, now) : undefined
      return adjustments.map(({ rule, charge }, i) => {
        const place = own.findIndex(({ at }) => at === i)
        const result = outcome?.results[place]
        if (result !== undefined) return marked(result, (changes[place] as Adjustment).rule)
        // Charged by another process's fallback, or by none: not to be given back here.
        return charge?.units.startsWith(prefix) ? uncounted(rule, mark) : undefined
      })
    },
  }
}
