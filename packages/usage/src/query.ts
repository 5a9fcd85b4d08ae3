import { checkName, invalidOption } from '@headgate/core'
import { failed } from '@headgate/sql/postgres'
import { OWNER } from './errors.ts'
import { checkGroupBy } from './fields.ts'
import type { Counts, Ledger, LedgerQuery, LedgerSum, UsageField } from './ledger.ts'
import { boundsOf, type Moment, type UsagePeriod } from './periods.ts'
import { checkSubject } from './record.ts'
import { isoTime, zoneOf } from './time-zone.ts'

/** What is asked for. */
export interface UsageQuery {
  /** From when: a quarter hour, see {@link Moment}. */
  readonly from: Moment
  /** Until when: the first quarter hour that isn't counted any more. */
  readonly to: Moment
  /** A row for each hour, day or month of the calendar, or one for all of it. */
  readonly by: UsagePeriod
  /** Where hours, days and months begin: an IANA time zone. `"UTC"` unless told. */
  readonly timeZone?: string
  /** Only this subject's. */
  readonly subject?: string
  /** Only on this meter. */
  readonly meter?: string
  /** Only under this plan; `""` is none. */
  readonly plan?: string
  /** By what rows are told apart. `["meter"]` unless told, of exports `["subject", "meter", "plan"]`. */
  readonly groupBy?: readonly UsageField[]
}

/**
 * What was used in a period. Figures are whole numbers below 2^53; one that is larger is an error, never a rounded number.
 * Fields that aren't in `groupBy` are missing. There is no row where nothing was counted.
 */
export interface UsageRow extends Counts<number>, Readonly<Partial<Record<UsageField, string>>> {
  /** When the period starts, in local time with its offset: `"2026-03-01T00:00:00+01:00"`. */
  readonly start: string
  /** The first moment after it. */
  readonly end: string
}

/**
 * The rows that a query asks for, as they come.
 *
 * @throws HeadgateError `INVALID_OPTION`, `INVALID_KEY`, `INVALID_TIME`, at once
 */
export function askLedger(
  ledger: Ledger,
  query: UsageQuery,
  groupBy: readonly UsageField[],
): AsyncGenerator<UsageRow, void, undefined> {
  const timeZone = zoneOf(query.timeZone ?? 'UTC')
  return rowsOf(ledger, checkQuery(query, groupBy, timeZone), timeZone)
}

function checkQuery(query: UsageQuery, groupBy: readonly UsageField[], timeZone: string): LedgerQuery {
  const { from, to, by, subject, meter, plan } = query
  checkGroupBy(groupBy)
  if (subject !== undefined) checkSubject(subject)
  if (meter !== undefined) checkName(meter, 'meter')
  if (plan !== undefined && plan !== '') checkName(plan, 'plan')
  return {
    bounds: boundsOf({ from, to, by, timeZone }),
    where: {
      ...(subject !== undefined && { subject }),
      ...(meter !== undefined && { meter }),
      ...(plan !== undefined && { plan }),
    },
    groupBy: [...groupBy],
  }
}

async function* rowsOf(
  ledger: Ledger,
  query: LedgerQuery,
  timeZone: string,
): AsyncGenerator<UsageRow, void, undefined> {
  let period = -1
  let [start, end] = ['', '']
  try {
    for await (const sum of ledger.read(query)) {
      if (sum.period !== period) {
        period = sum.period
        start = isoTime(query.bounds[period] ?? 0, timeZone)
        end = isoTime(query.bounds[period + 1] ?? 0, timeZone)
      }
      yield { start, end, ...fieldsOf(sum, query.groupBy), ...figuresOf(sum) }
    }
  } catch (error) {
    throw failed(OWNER, ledger.name, error)
  }
}

function fieldsOf(sum: LedgerSum, groupBy: readonly UsageField[]): Partial<Record<UsageField, string>> {
  return Object.fromEntries(groupBy.map((field) => [field, sum[field] ?? '']))
}

function figuresOf({ requests, denied, units, deniedUnits }: LedgerSum): Counts<number> {
  return {
    requests: exactly(requests),
    denied: exactly(denied),
    units: exactly(units),
    deniedUnits: exactly(deniedUnits),
  }
}

function exactly(sum: bigint): number {
  const number = Number(sum)
  if (Number.isSafeInteger(number)) return number
  const fix = 'Ask by shorter periods or by more fields, and add up as bigint'
  throw invalidOption('by', sum, 'such that every sum is below 2^53', fix)
}
