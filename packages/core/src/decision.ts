import { algorithmOf, isHeld } from './algorithms/index.ts'
import type { Rule } from './algorithms/rule.ts'
import type { Micros } from './micros.ts'
import type { Entry, Plan } from './plan.ts'
import type { Adjustment, Check, Outcome, Result } from './store.ts'

/** What one limit says. */
export interface LimitFigures {
  /** Whether this limit by itself allows. */
  readonly allowed: boolean
  /** What was asked of it. */
  readonly cost: number
  /** How many units still fit now. */
  readonly remaining: number
  /** Milliseconds, rounded up, until nothing counts any more if nobody takes. */
  readonly resetAfterMs: number
  /** Milliseconds, rounded up, until the same cost fits if nobody else takes; 0 when it fits, null for never. */
  readonly retryAfterMs: number | null
  /** Milliseconds, rounded up, after which an admitted request may run (leaky bucket); else 0. */
  readonly delayMs: number
  /** Whether it is only being tried out. */
  readonly shadow: boolean
}

/** The answer to a request: a value, also when it is a denial. `JSON.stringify` gives all of it. */
export interface Decision<Name extends string = string> {
  readonly allowed: boolean
  /** What was asked of the limit that binds. */
  readonly cost: number
  /** How many units still fit under the limit that binds. */
  readonly remaining: number
  /** Milliseconds, rounded up, until the limit that binds is as good as new if nobody takes. */
  readonly resetAfterMs: number
  /** Milliseconds, rounded up, until every limit allows the same if nobody else takes; 0 when allowed, null for never. */
  readonly retryAfterMs: number | null
  /** Milliseconds, rounded up, after which an admitted request may run (leaky bucket); else 0. */
  readonly delayMs: number
  /** The limit that decides: when denied the one with the longest wait, else the one with the least left for such a request. */
  readonly binding: Name
  /** Why it was decided without the primary store; null when it wasn't. */
  readonly degraded: string | null
  /** Whether a limit that is only being tried out would have denied. */
  readonly shadow: boolean
  /** Each limit's own figures, by name; worked out when read. */
  readonly limits: { readonly [N in Name]: LimitFigures }
}

const NONE: readonly number[] = []

/** The decision that a store's outcome comes to. */
export function decisionOf(
  plan: Plan,
  checks: readonly Check[],
  outcome: Outcome,
  consumed: boolean,
): StoreDecision {
  const allowed = outcome.results.every((result, i) => result.allowed || checks[i]?.shadow === true)
  return new StoreDecision(plan, checks, outcome, NONE, allowed, consumed)
}

/** Decisions whose work is over. Few ever are: a field for it would be one of each decision. */
const released = new WeakSet<StoreDecision>()

/**
 * Derives what a caller reads from what the store answered, when it is read: most callers look at two or three of these.
 * All of it follows from the store's answer, so reading late gives the same.
 */
export class StoreDecision implements Decision {
  readonly allowed: boolean
  readonly #plan: Plan
  /** The checks; where one unit was asked of an only limit whose rule never changes, the id. */
  readonly #asked: readonly Check[] | string
  /** What the store answered; of `decideOne`, nothing. */
  readonly #outcome: Outcome | undefined
  /** What that then said: the time, and the state's numbers. */
  readonly #figures: readonly number[]
  /** Whether it charged: a peek and a denial don't. */
  readonly #charged: boolean
  #refunded = 0

  constructor(
    plan: Plan,
    asked: readonly Check[] | string,
    outcome: Outcome | undefined,
    figures: readonly number[],
    allowed: boolean,
    consumed: boolean,
  ) {
    this.allowed = allowed
    this.#plan = plan
    this.#asked = asked
    this.#outcome = outcome
    this.#figures = figures
    this.#charged = consumed && allowed
  }

  #checks(): readonly Check[] {
    return typeof this.#asked === 'string' ? [this.#checkAt(0)] : this.#asked
  }

  #now(): Micros {
    return this.#outcome === undefined ? (this.#figures[0] as number) : this.#outcome.now
  }

  #checkAt(i: number): Check {
    if (typeof this.#asked !== 'string') return this.#asked[i] as Check
    const { scope } = this.#plan.only as Entry
    return { scope, id: this.#asked, rule: this.#ruleAt(0), cost: 1, shadow: false }
  }

  #allowedAt(i: number): boolean {
    return this.#outcome === undefined ? this.allowed : (this.#outcome.results[i] as Result).allowed
  }

  /** The rule to read a limit's state by. */
  #ruleAt(i: number): Rule {
    if (typeof this.#asked === 'string') return (this.#plan.only as Entry).compiled.ruleAt(0)
    return this.#outcome?.results[i]?.rule ?? (this.#asked[i] as Check).rule
  }

  /** A limit's state, which begins at `#from`. */
  #cellsAt(i: number): ArrayLike<number> {
    return this.#outcome === undefined ? this.#figures : (this.#outcome.results[i] as Result).cells
  }

  #from(): number {
    return this.#outcome === undefined ? 1 : 0
  }

  get cost(): number {
    return this.#checkAt(this.#bindingIndex()).cost
  }

  get remaining(): number {
    return this.#remainingOf(this.#bindingIndex())
  }

  get resetAfterMs(): number {
    return this.#resetAfterMsOf(this.#bindingIndex())
  }

  get retryAfterMs(): number | null {
    return this.allowed ? 0 : this.#figuresOf(this.#bindingIndex()).retryAfterMs
  }

  get delayMs(): number {
    if (!this.allowed) return 0
    const enforced = this.#checks().map((check, i) => (check.shadow ? 0 : this.#figuresOf(i).delayMs))
    return Math.max(...enforced)
  }

  get binding(): string {
    return this.#plan.entries[this.#bindingIndex()]?.name ?? ''
  }

  get degraded(): string | null {
    return this.#outcome?.degraded ?? null
  }

  get shadow(): boolean {
    return this.#checks().some((check, i) => check.shadow === true && !this.#allowedAt(i))
  }

  get limits(): { readonly [name: string]: LimitFigures } {
    const figures: Record<string, LimitFigures> = {}
    this.#plan.entries.forEach(({ name }, i) => {
      figures[name] = this.#figuresOf(i)
    })
    return figures
  }

  toJSON(): Decision {
    const {
      allowed,
      cost,
      remaining,
      resetAfterMs,
      retryAfterMs,
      delayMs,
      binding,
      degraded,
      shadow,
      limits,
    } = this
    return {
      allowed,
      cost,
      remaining,
      resetAfterMs,
      retryAfterMs,
      delayMs,
      binding,
      degraded,
      shadow,
      limits,
    }
  }

  #remainingOf(i: number): number {
    const rule = this.#ruleAt(i)
    return algorithmOf(rule).remaining(rule, this.#cellsAt(i), this.#from(), this.#now())
  }

  #resetAfterMsOf(i: number): number {
    const rule = this.#ruleAt(i)
    return msUntil(algorithmOf(rule).emptyAt(rule, this.#cellsAt(i), this.#from()), this.#now())
  }

  #figuresOf(i: number): LimitFigures {
    const now = this.#now()
    const { cost, shadow = false } = this.#checkAt(i)
    const allowed = this.#allowedAt(i)
    const rule = this.#ruleAt(i)
    const cells = this.#cellsAt(i)
    const at = this.#from()
    const algorithm = algorithmOf(rule)
    const fitsAt = allowed ? now : algorithm.fitsAt(rule, cells, at, now, cost)
    const taken = this.#charged && allowed ? cost : 0
    return {
      allowed,
      cost,
      remaining: algorithm.remaining(rule, cells, at, now),
      resetAfterMs: msUntil(algorithm.emptyAt(rule, cells, at), now),
      retryAfterMs: allowed ? 0 : fitsAt === null ? null : Math.max(1, msUntil(fitsAt, now)),
      delayMs: allowed ? msUntil(algorithm.runsAt(rule, cells, at, now, taken), now) : 0,
      shadow,
    }
  }

  /** The first of the limits that bind most; those that are tried out bind last. */
  #bindingIndex(): number {
    if (this.#plan.entries.length === 1) return 0
    const figures = this.#checks().map((_, i) => this.#figuresOf(i))
    const weights = figures.map((own) => {
      if (own.shadow) return Number.POSITIVE_INFINITY
      if (this.allowed) return own.remaining / Math.max(1, own.cost)
      return own.allowed ? 0 : -(own.retryAfterMs ?? Number.POSITIVE_INFINITY)
    })
    return weights.indexOf(Math.min(...weights))
  }

  /** What was charged, by the limit's name, as changes that would give it all back. */
  charges(): readonly (Adjustment & { readonly name: string })[] {
    if (!this.#charged) return []
    return this.#checks().flatMap(({ scope, id, rule, cost }, i) => {
      if (!this.#allowedAt(i)) return []
      const by = this.#ruleAt(i)
      const { width, receipt } = algorithmOf(by)
      const cells = this.#cellsAt(i)
      const own = this.#outcome === undefined ? Array.from(cells).slice(1, 1 + width) : cells
      const charge = { units: by.units, cells: receipt(own) }
      return [{ name: this.#plan.entries[i]?.name ?? '', scope, id, rule, units: -cost, charge }]
    })
  }

  /** The changes that give back `units` of it, or all that wasn't given back before: nothing is given back twice. */
  giveBack(units: number): readonly Adjustment[] {
    const before = this.#refunded
    this.#refunded += units
    return this.charges().flatMap((charge) => {
      if (released.has(this) && isHeld(charge.rule)) return []
      const left = Math.max(0, -charge.units - before)
      const back = Math.min(units, left)
      return back > 0 ? [{ ...charge, units: -back }] : []
    })
  }

  /** The changes that give back what is held, once, and what isn't given back yet. */
  release(): readonly Adjustment[] {
    if (released.has(this)) return []
    released.add(this)
    return this.charges().flatMap((charge) => {
      const left = isHeld(charge.rule) ? -charge.units - this.#refunded : 0
      return left > 0 ? [{ ...charge, units: -left }] : []
    })
  }
}

/** Milliseconds from `now` to a time in µs, rounded up, never negative. */
function msUntil(at: number, now: number): number {
  return at > now ? Math.ceil((at - now) / 1_000) : 0
}

// What Node's console shows; other runtimes don't look for it.
Object.defineProperty(StoreDecision.prototype, Symbol.for('nodejs.util.inspect.custom'), {
  value(this: StoreDecision) {
    return this.toJSON()
  },
})
