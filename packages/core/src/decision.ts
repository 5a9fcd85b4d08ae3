import { algorithmOf } from './algorithms/index.ts'
import type { Plan } from './plan.ts'
import type { Adjustment, Answer, Check, Outcome, Result } from './store.ts'

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

/**
 * Derives what a caller reads from what the store answered, when it is read: most callers look at two or three of these.
 * All of it follows from the store's answer, so reading late gives the same.
 */
export class StoreDecision implements Decision {
  readonly allowed: boolean
  readonly #plan: Plan
  readonly #asked: readonly Check[] | Check
  readonly #answered: Outcome | Answer
  /** Whether it charged: a peek and a denial don't. */
  readonly #charged: boolean
  #refunded = 0

  constructor(plan: Plan, asked: readonly Check[] | Check, answered: Outcome | Answer, consumed: boolean) {
    const allowed =
      'results' in answered
        ? answered.results.every(
            (result, i) => result.allowed || (asked as readonly Check[])[i]?.shadow === true,
          )
        : answered.allowed || (asked as Check).shadow === true
    this.allowed = allowed
    this.#plan = plan
    this.#asked = asked
    this.#answered = answered
    this.#charged = consumed && allowed
  }

  get #checks(): readonly Check[] {
    return 'rule' in this.#asked ? [this.#asked] : this.#asked
  }

  get #results(): readonly Result[] {
    return 'results' in this.#answered ? this.#answered.results : [this.#answered]
  }

  #checkAt(i: number): Check {
    return 'rule' in this.#asked ? this.#asked : (this.#asked[i] as Check)
  }

  #resultAt(i: number): Result {
    return 'results' in this.#answered ? (this.#answered.results[i] as Result) : this.#answered
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
    const enforced = this.#checks.map((check, i) => (check.shadow ? 0 : this.#figuresOf(i).delayMs))
    return Math.max(...enforced)
  }

  get binding(): string {
    return this.#plan.entries[this.#bindingIndex()]?.name ?? ''
  }

  get degraded(): string | null {
    return this.#answered.degraded ?? null
  }

  get shadow(): boolean {
    return this.#results.some((result, i) => !result.allowed && this.#checks[i]?.shadow === true)
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
    const { cells, rule = this.#checkAt(i).rule } = this.#resultAt(i)
    return algorithmOf(rule).remaining(rule, cells, 0, this.#answered.now)
  }

  #resetAfterMsOf(i: number): number {
    const { cells, rule = this.#checkAt(i).rule } = this.#resultAt(i)
    return msUntil(algorithmOf(rule).emptyAt(rule, cells, 0), this.#answered.now)
  }

  #figuresOf(i: number): LimitFigures {
    const { now } = this.#answered
    const { rule: asked, cost, shadow = false } = this.#checkAt(i)
    const { allowed, cells, rule = asked } = this.#resultAt(i)
    const algorithm = algorithmOf(rule)
    const fitsAt = allowed ? now : algorithm.fitsAt(rule, cells, 0, now, cost)
    const taken = this.#charged && allowed ? cost : 0
    return {
      allowed,
      cost,
      remaining: this.#remainingOf(i),
      resetAfterMs: this.#resetAfterMsOf(i),
      retryAfterMs: allowed ? 0 : fitsAt === null ? null : Math.max(1, msUntil(fitsAt, now)),
      delayMs: allowed ? msUntil(algorithm.runsAt(rule, cells, 0, now, taken), now) : 0,
      shadow,
    }
  }

  /** The first of the limits that bind most; those that are tried out bind last. */
  #bindingIndex(): number {
    if (this.#plan.entries.length === 1) return 0
    const figures = this.#checks.map((_, i) => this.#figuresOf(i))
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
    return this.#checks.flatMap(({ scope, id, rule, cost }, i) => {
      const { allowed, cells, rule: by = rule } = this.#results[i] as Result
      if (!allowed) return []
      const charge = { units: by.units, cells: algorithmOf(by).receipt(cells) }
      return [{ name: this.#plan.entries[i]?.name ?? '', scope, id, rule, units: -cost, charge }]
    })
  }

  /** The changes that give back `units` of it, or all that wasn't given back before: nothing is given back twice. */
  giveBack(units: number): readonly Adjustment[] {
    const before = this.#refunded
    this.#refunded += units
    return this.charges().flatMap((charge) => {
      const left = Math.max(0, -charge.units - before)
      const back = Math.min(units, left)
      return back > 0 ? [{ ...charge, units: -back }] : []
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
