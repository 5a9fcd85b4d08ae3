import { fixedWindow } from '@headgate/core'
import { memoryStore } from '@headgate/memory'
import type { Allowance } from './application.ts'

/** The least that a guard must be told. */
export function headgateOptions({ units, windowMs }: Allowance) {
  return { store: memoryStore(), limits: { requests: fixedWindow({ limit: units, window: windowMs }) } }
}
