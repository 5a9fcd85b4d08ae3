import type { Law } from './law.ts'
import { aDebtIsPaid, aRefundUndoesATake } from './laws/adjustments.ts'
import { neverMoreThanTheBound } from './laws/bound.ts'
import { aChangedLimitKeepsWhatWasUsed } from './laws/changes.ts'
import {
  aClockSetBackIsFollowed,
  aClockSetBackLocksNobodyOut,
  aLaggingClockGainsNothing,
} from './laws/clocks.ts'
import { concurrentCallsAdmitExactlyTheLimit } from './laws/concurrency.ts'
import { remainingIsExact, retryIsTight, takesAddUp } from './laws/figures.ts'
import { hostileIdsAreKeptApart } from './laws/hostile-ids.ts'
import { keysAreIsolated } from './laws/isolation.ts'
import { equalsTheModel, expiryIsInvisible } from './laws/model.ts'
import { callsAtOnceAreAsOneByOne, callsKeepTheirOrder } from './laws/order.ts'
import { allOrNothing, allOrNothingAcrossSubjects, aShadowCheckNeverDenies } from './laws/several.ts'
import { syncAnswersLikeAsync } from './laws/sync.ts'
import { aDenialLeavesNoDebt, costZeroChangesNothing } from './laws/traces.ts'

/**
 * Every law, for a harness of one's own. `conform` runs them in a test runner.
 *
 * @example
 * ```ts
 * import { createModel, laws } from '@headgate/conformance'
 *
 * for (const law of laws) await law.check(createModel, { runs: 10, seed: 1 })
 * ```
 */
export const laws: readonly Law[] = [
  equalsTheModel,
  neverMoreThanTheBound,
  retryIsTight,
  remainingIsExact,
  takesAddUp,
  aRefundUndoesATake,
  costZeroChangesNothing,
  aDenialLeavesNoDebt,
  allOrNothing,
  allOrNothingAcrossSubjects,
  expiryIsInvisible,
  aLaggingClockGainsNothing,
  aClockSetBackLocksNobodyOut,
  aClockSetBackIsFollowed,
  keysAreIsolated,
  hostileIdsAreKeptApart,
  aChangedLimitKeepsWhatWasUsed,
  concurrentCallsAdmitExactlyTheLimit,
  callsAtOnceAreAsOneByOne,
  aShadowCheckNeverDenies,
  aDebtIsPaid,
  syncAnswersLikeAsync,
  callsKeepTheirOrder,
]
