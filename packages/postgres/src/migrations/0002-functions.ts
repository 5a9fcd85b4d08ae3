import { algorithms } from '../functions/algorithms.ts'
import { apply } from '../functions/apply.ts'
import { carryOver } from '../functions/carry-over.ts'
import { expiresAt } from '../functions/expires-at.ts'
import { meter } from '../functions/meter.ts'
import { prepare } from '../functions/prepare.ts'
import { slidingLog } from '../functions/sliding-log.ts'
import { slidingWindow } from '../functions/sliding-window.ts'
import { sweep } from '../functions/sweep.ts'
import { take } from '../functions/take.ts'
import { takeOne } from '../functions/take-one.ts'
import { timeAt } from '../functions/time-at.ts'
import { window } from '../functions/window.ts'

/** The decision as functions of the server. Those that others are written in come first. */
const FUNCTIONS = [
  timeAt,
  meter,
  window,
  slidingWindow,
  slidingLog,
  algorithms,
  carryOver,
  expiresAt,
  prepare,
  apply,
  take,
  takeOne,
  sweep,
]

export const functions = (schema: string): string => FUNCTIONS.map((define) => define(schema)).join('')
