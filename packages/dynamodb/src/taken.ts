import { HeadgateError, type Micros, type Outcome, type Rule } from '@headgate/core'
import type { Belief } from './belief.ts'
import { onlyRule, tryCalls } from './calls.ts'
import { encodeState } from './item.ts'
import type { Waiting } from './queue.ts'

/** What calls that ask for one key by one rule would take together. */
export interface Taken {
  readonly key: string
  readonly rule: Rule
  readonly units: number
  /** Which of the calls take. */
  readonly by: readonly boolean[]
}

/** Undefined if the calls are of another kind, or take nothing. */
export function takenBy(batch: readonly Waiting[], outcomes: readonly Outcome[]): Taken | undefined {
  const calls = batch.map(({ call }) => call)
  const rule = onlyRule(calls)
  const key = calls[0]?.keys[0]
  if (rule === undefined || key === undefined) return undefined
  const costs = calls.map((call, i) =>
    call.kind === 'decide' && outcomes[i]?.results[0]?.allowed ? (call.on[0]?.cost ?? 0) : 0,
  )
  const units = costs.reduce((sum, cost) => sum + cost, 0)
  return units === 0 ? undefined : { key, rule, units, by: costs.map((cost) => cost > 0) }
}

/**
 * Answers the calls of an update that came through, by the state that it found: it need not be the one that was believed. Who
 * took, takes there as well. Who was thought to be denied is denied if he is there too; if not, he is returned, to be
 * decided anew.
 */
export function answerTaken(
  batch: readonly Waiting[],
  { key, by }: Taken,
  belief: Belief,
  now: Micros,
): readonly Waiting[] {
  let state = belief.states.get(key)
  const again = batch.filter(({ call, resolve }, i) => {
    const { outcomes, changed } = tryCalls([call], new Map([[key, state]]), now)
    const takes = changed.size > 0
    if (takes && !by[i]) return true
    if (!takes && by[i]) throw notTaken()
    state = changed.get(key) ?? state
    resolve(outcomes[0] as Outcome)
    return false
  })
  belief.learn([{ key, item: state && encodeState(state) }], true)
  return again
}

function notTaken(): HeadgateError {
  return new HeadgateError({
    code: 'STORE_FAILED',
    message: 'DynamoDB took units that don’t fit',
    fix: 'This is a mistake of the store: please report it',
  })
}
