import { checkName, checkWhole, HeadgateError } from '@headgate/core'
import { checkSubject, MAX_UNITS } from '@headgate/usage'

/** What a reservation's id says, beside what the limiter's own does: whom and what to settle. */
export interface ReservationId {
  readonly subject: string
  readonly plan: string
  readonly meter: string
  /** The limit by whose units the use is counted, and how many are held of it. */
  readonly binding: string
  readonly units: number
  /** The limiter's id. */
  readonly ticket: string
}

/** So any instance can settle it, and none keeps anything meanwhile. */
export function writeReservation({ subject, plan, meter, binding, units, ticket }: ReservationId): string {
  const own = Buffer.from(JSON.stringify([subject, plan, meter, binding, units])).toString('base64url')
  return `${own}.${ticket}`
}

/**
 * All of it is checked, for it may be forged: what usage can't count must not be settled before that is found out.
 *
 * @throws HeadgateError `INVALID_RESERVATION`
 */
export function readReservation(id: string): ReservationId {
  try {
    const dot = id.indexOf('.')
    const own: unknown = JSON.parse(Buffer.from(id.slice(0, dot), 'base64url').toString())
    if (dot > 0 && Array.isArray(own) && own.length === 5) {
      const [subject, plan, meter, binding, units] = own as [string, string, string, string, number]
      checkSubject(subject)
      for (const name of [plan, meter, binding]) checkName(name, 'id')
      checkWhole('id', units, 0, MAX_UNITS, 'Pass it as it was')
      return { subject, plan, meter, binding, units, ticket: id.slice(dot + 1) }
    }
  } catch {
    // Not JSON, or nothing that was ever written: the same answer.
  }
  throw new HeadgateError({
    code: 'INVALID_RESERVATION',
    option: 'id',
    value: id,
    message: '`id` is not the id of a reservation',
    fix: 'Pass the `id` as /v1/reserve answered it',
  })
}
