import { isHeld } from './algorithms/index.ts'
import { compileSlidingLog } from './algorithms/sliding-log.ts'
import type { Decision } from './decision.ts'
import { HeadgateError } from './errors.ts'
import type { Micros } from './micros.ts'
import { type Cost, checkNames, makeChecks, type Plan } from './plan.ts'
import { showValue } from './show-value.ts'
import type { Adjustment, Check, Key, State } from './store.ts'

/** Units that are held until it is known what the work really cost. */
export interface Reservation<Name extends string = string> {
  /** Tells the reservation to any process that shares the store. Keep it from strangers: whoever has it can settle it. */
  readonly id: string
  readonly decision: Decision<Name>
  /** When it can't be settled any more, in milliseconds since the Unix epoch. What is held then stays charged. */
  readonly expiresAt: number
  /**
   * Replaces what is held by what it came to: `actual` may be less (the rest is given back) or more (a debt). Without
   * `actual`, what was held. Places of {@link concurrency} limits are free then. Only the first settlement counts, in whichever process.
   */
  commit(actual?: Cost<Name>): Promise<Settlement>
  /** Gives everything back: `commit(0)`. */
  cancel(): Promise<Settlement>
}

/** What became of a settlement. */
export interface Settlement {
  readonly settled: boolean
  /** Why it didn't count: settled before, past its expiry, or nothing was ever held. */
  readonly reason?: 'already' | 'expired' | 'denied'
}

/** One limit's part of a reservation. */
interface Held {
  readonly name: string
  readonly id: string
  readonly units: number
  readonly charge: State
}

/** What a reservation's id says. */
export interface Ticket {
  readonly nonce: string
  /** Microseconds since the Unix epoch. */
  readonly expires: number
  /** Milliseconds. */
  readonly ttl: number
  readonly held: readonly Held[]
}

const VERSION = 'hg1'

/** A ticket as an id: the version, and the ticket as base64url of its JSON (which escapes what isn't well-formed). */
export function writeTicket({ nonce, expires, ttl, held }: Ticket): string {
  const body = [
    nonce,
    expires,
    ttl,
    ...held.map((h) => [h.name, h.id, h.units, h.charge.units, ...Array.from(h.charge.cells)]),
  ]
  const bytes = new TextEncoder().encode(JSON.stringify(body))
  const binary = Array.from(bytes, (byte) => String.fromCharCode(byte)).join('')
  return `${VERSION}.${btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')}`
}

/** @throws {@link HeadgateError} `INVALID_RESERVATION` for what `writeTicket` can't have written */
export function readTicket(id: string): Ticket {
  try {
    const [version, body = ''] = id.split('.')
    const binary = atob(body.replaceAll('-', '+').replaceAll('_', '/'))
    const text = new TextDecoder().decode(Uint8Array.from(binary, (char) => char.charCodeAt(0)))
    const [nonce, expires, ttl, ...held] = JSON.parse(text) as [string, number, number, ...unknown[][]]
    if (
      version === VERSION &&
      typeof nonce === 'string' &&
      nonce !== '' &&
      whole(expires) &&
      whole(ttl) &&
      ttl > 0
    ) {
      return { nonce, expires, ttl, held: held.map(readHeld) }
    }
  } catch {
    // not base64, not JSON, not ours: all one answer
  }
  throw new HeadgateError({
    code: 'INVALID_RESERVATION',
    option: 'id',
    value: id,
    message: `${showValue(id)} is not the id of a reservation`,
    fix: 'Pass `reservation.id` as it was given',
  })
}

function readHeld([name, id, units, chargeUnits, ...cells]: unknown[]): Held {
  const numbers = cells.filter(whole)
  if (typeof name !== 'string' || typeof id !== 'string' || typeof chargeUnits !== 'string')
    throw new TypeError('shape')
  if (!whole(units) || numbers.length !== cells.length || cells.length > 3) throw new TypeError('numbers')
  return { name, id, units, charge: { units: chargeUnits, cells: numbers } }
}

/** What a decision charged, as a ticket that lives `ttl` ms from `now` on. */
export function makeTicket(
  charges: readonly (Adjustment & { readonly name: string })[],
  now: Micros,
  ttl: number,
): Ticket {
  const held = charges.flatMap(({ name, id, units, charge }) =>
    charge ? [{ name, id, units: -units, charge }] : [],
  )
  return { nonce: crypto.randomUUID(), expires: now + ttl * 1_000, ttl, held }
}

/** No limit is called this: names start with a letter. */
const SETTLED = '/~settled'

/** Taking the one unit of this log, which lasts as long as the reservation, marks it as settled for every process. */
export function markOf(limiter: string, { nonce, ttl }: Ticket): Check {
  return { scope: `${limiter}${SETTLED}`, id: nonce, rule: compileSlidingLog(1, ttl * 1_000), cost: 1 }
}

/** Whether a key is that of such a mark. */
export function isMark({ scope }: Key): boolean {
  return scope.endsWith(SETTLED)
}

/**
 * The changes that make what is held into `actual`. Limits that are gone since stay as they are; but an id may be forged, or of another
 * limiter: one of its names must be the plan's.
 */
export function settlement(
  plan: Plan,
  ticket: Ticket,
  actual: Cost<string> | undefined,
  now: Micros,
): Adjustment[] {
  const places = new Map(plan.entries.map(({ name }, at) => [name, at]))
  const held = ticket.held.filter(({ name }) => places.has(name))
  const known = Object.fromEntries(held.map(({ name, units }) => [name, units]))
  if (held.length === 0) checkNames(plan, Object.fromEntries(ticket.held.map(({ name }) => [name, 0])), 'id')
  const gone = new Set(ticket.held.map(({ name }) => name).filter((name) => !places.has(name)))
  const asked = actual === undefined ? known : without(actual, gone)
  return held.flatMap(({ name, id, units, charge }) => {
    const { scope, rule, cost } = makeChecks(plan, id, asked, now)[places.get(name) as number] as Check
    // The work is over, whatever it came to.
    const change = isHeld(rule) ? -units : cost - units
    return change === 0 ? [] : [{ scope, id, rule, units: change, charge }]
  })
}

function without(cost: Cost<string>, names: ReadonlySet<string>): Cost<string> {
  if (typeof cost !== 'object' || cost === null) return cost
  return Object.fromEntries(Object.entries(cost).filter(([name]) => !names.has(name)))
}

function whole(value: unknown): value is number {
  return Number.isSafeInteger(value)
}
