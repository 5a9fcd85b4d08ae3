import type { Decision, LimitFigures, Limits, Subject } from '@headgate/core'
import { createFieldWriter } from './fields/create-field-writer.ts'
import type { FieldStyle } from './fields/field-style.ts'
import type { Field, FieldWriter, Standing } from './fields/field-writer.ts'
import { createPartitioner } from './fields/partitioner.ts'
import { policyOf } from './fields/policy-of.ts'
import type { GuardOptions, HeaderOptions } from './guard-options.ts'

/** Tells clients where they stand. */
export interface Report {
  /** The fields of a request that goes on: every enforced limit with what is left of it. */
  ofAllowed(limits: Limits, decision: Decision, subject: Subject<string>): Field[]
  /** The fields of a denial: the limits that deny, and when each of them would allow the same. */
  ofDenied(limits: Limits, decision: Decision, subject: Subject<string>, violated: readonly string[]): Field[]
}

interface Told {
  readonly limits: Limits
  readonly names: readonly string[]
  readonly writer: FieldWriter
}

const SILENT: Report = { ofAllowed: () => [], ofDenied: () => [] }

/**
 * A report of the limits for which `isEnforced`: what is only tried out is nobody's business yet.
 *
 * @param known limits that are known beforehand, so that what can't be written shows now
 * @throws {@link HeadgateError} `INVALID_OPTION`
 */
export function createReport<Request>(
  headers: GuardOptions<Request>['headers'],
  isEnforced: (name: string) => boolean,
  known: readonly Limits[],
): Report {
  if (headers === false) return SILENT
  const { style, units = {}, partitionSecret } = headerOptions(headers)
  const partition = partitionSecret === undefined ? undefined : createPartitioner(partitionSecret)
  const told = new WeakMap<Limits, Told>()
  // What the only limit says, again and again: the writer reads it at once.
  const only = { remaining: 0, resetMs: 0 }
  const alone: readonly Standing[] = [only]
  /** What was told last: mostly the same limits as ever. */
  let last: Told | undefined

  const toldOf = (limits: Limits): Told => {
    if (last?.limits === limits) return last
    let own = told.get(limits)
    if (own === undefined) {
      const names = Object.keys(limits).filter(isEnforced)
      const policies = names.map((name) =>
        policyOf(name, limits[name] as Limits[string], Object.hasOwn(units, name) ? units[name] : undefined),
      )
      own = { limits, names, writer: createFieldWriter(style, policies) }
      told.set(limits, own)
    }
    last = own
    return own
  }
  // Without limits that are known, at least the style is looked at.
  createFieldWriter(style, [])
  known.forEach(toldOf)

  const partitionsOf = (names: readonly string[], subject: Subject<string>) =>
    partition && names.map((name) => partition(typeof subject === 'string' ? subject : (subject[name] ?? '')))

  return {
    ofAllowed(limits, decision, subject) {
      const { names, writer } = toldOf(limits)
      const partitions = partitionsOf(names, subject)
      // The one that is enforced binds: its figures are the decision's, and no others need be worked out.
      if (names.length === 1) {
        only.remaining = decision.remaining
        only.resetMs = decision.resetAfterMs
        return writer.write(alone, 0, Date.now, partitions)
      }
      const figures = decision.limits
      const standings = names.map((name): Standing => {
        const { remaining, resetAfterMs } = figures[name] as LimitFigures
        return { remaining, resetMs: resetAfterMs }
      })
      return writer.write(standings, names.indexOf(decision.binding), Date.now, partitions)
    },
    ofDenied(limits, decision, subject, violated) {
      const { names, writer } = toldOf(limits)
      const figures = decision.limits
      const standings = names.map((name): Standing | undefined => {
        const { remaining, retryAfterMs } = figures[name] as LimitFigures
        return violated.includes(name) ? { remaining, resetMs: retryAfterMs } : undefined
      })
      return writer.write(standings, names.indexOf(decision.binding), Date.now, partitionsOf(names, subject))
    },
  }
}

function headerOptions(
  headers: undefined | FieldStyle | readonly FieldStyle[] | HeaderOptions<string>,
): HeaderOptions<string> {
  if (headers === undefined) return { style: 'draft-11' }
  if (typeof headers === 'string' || Array.isArray(headers)) return { style: headers as FieldStyle }
  return headers as HeaderOptions<string>
}
