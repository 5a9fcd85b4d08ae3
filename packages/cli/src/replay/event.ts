import type { Micros } from '@headgate/core'
import { plain } from '../terminal.ts'
import { byteAt, digitsEnd, ZERO } from './bytes.ts'
import { createFields, type Fields, hasText, lackOf, textOf, VALUE } from './fields.ts'
import { type Format, NO_EVENT, TIME } from './formats/format.ts'
import { type FormatName, openFormat } from './formats/index.ts'
import { createIntern } from './intern.ts'
import { createTimeReader, type TimeReader, type TimeUnit } from './time.ts'

/** How events are read from records. */
export interface ReaderOptions {
  readonly format: FormatName
  /** The fields that tell callers apart, taken together. Unless told: the host in `combined`, else one key for all. */
  readonly key?: readonly string[]
  /** The field that has the time; guessed from the fields' names unless told. */
  readonly time?: string
  /** What bare numbers count, as times; by their size unless told. */
  readonly timeUnit?: TimeUnit
  /** The fields whose sum is the cost; each request costs 1 unless told. */
  readonly cost?: readonly string[]
}

/** One request of a log. */
export interface LogEvent {
  key: string
  time: Micros
  /** A whole number ≥ 0. */
  cost: number
}

/** Reads records as events. */
export interface EventReader {
  readonly format: Format
  readonly time: TimeReader
  /** What the last record said. */
  readonly event: Readonly<LogEvent>
  /** Reads a record into `event`; gives a way to say what is wrong with it, or null if it is no event at all. */
  read(bytes: Buffer, at: number, end: number): (() => string) | null | undefined
  /** The names of the fields in use. */
  fields(): {
    readonly key: readonly string[]
    readonly time: string | undefined
    readonly cost: readonly string[]
  }
}

/** The key of all events of a log without a key field. */
export const SHARED_KEY = 'all'

/** @throws {@link HeadgateError} `INVALID_OPTION` for a field that the format can't have */
export function createReader(asked: ReaderOptions): EventReader {
  const { format: name, key = name === 'combined' ? ['host'] : [], cost = [] } = asked
  const time = createTimeReader(asked.timeUnit)
  const names = [asked.time, ...key, ...cost]
  const options = ['--time', ...key.map(() => '--key'), ...cost.map(() => '--cost')]
  const format = openFormat(name, { names, options }, time)
  const fields = createFields(names.length)
  const firstCost = TIME + 1 + key.length
  const intern = createIntern()
  const event: LogEvent = { key: SHARED_KEY, time: 0, cost: 1 }

  const lack = (slot: number): (() => string) => {
    const [what, lacks] = [quoteName(format.names[slot]), lackOf(fields, slot)]
    return () => `${what} ${lacks}`
  }
  const unfit = (slot: number, expected: string): (() => string) => {
    const value = textOf(fields, slot)
    return () => `${quoteName(format.names[slot])} is not ${expected}: ${plain(value, 40)}`
  }

  return {
    format,
    time,
    event,

    read(bytes, at, end) {
      const problem = format.read(bytes, at, end, fields)
      if (problem === NO_EVENT) return null
      if (problem !== undefined) return () => problem

      if (!hasText(fields, TIME)) return lack(TIME)
      event.time = time.read(
        fields.bytes[TIME] as Buffer,
        fields.from[TIME] as number,
        fields.to[TIME] as number,
      )
      if (event.time < 0) return unfit(TIME, 'a time')

      for (let slot = TIME + 1; slot < firstCost; slot++) if (!hasText(fields, slot)) return lack(slot)
      if (firstCost === TIME + 2) {
        const slot = TIME + 1
        event.key = intern(
          fields.bytes[slot] as Buffer,
          fields.from[slot] as number,
          fields.to[slot] as number,
        )
      } else if (firstCost > TIME + 2) event.key = joinedKey(fields, TIME + 1, firstCost)

      if (firstCost === names.length) return undefined
      event.cost = 0
      for (let slot = firstCost; slot < names.length; slot++) {
        if (fields.kind[slot] !== VALUE) return lack(slot)
        const units = wholeNumber(
          fields.bytes[slot] as Buffer,
          fields.from[slot] as number,
          fields.to[slot] as number,
        )
        if (units < 0) return unfit(slot, 'a whole number ≥ 0')
        event.cost += units
      }
      return Number.isSafeInteger(event.cost) ? undefined : () => 'the cost is past 2^53'
    },

    fields: () => ({
      key: format.names.slice(TIME + 1, firstCost).map(String),
      time: format.names[TIME],
      cost,
    }),
  }
}

/** Several values as one, joined by commas; commas and backslashes inside them are escaped, so that no two are alike. */
function joinedKey(fields: Fields, from: number, to: number): string {
  let key = ''
  for (let slot = from; slot < to; slot++) {
    const value = textOf(fields, slot)
    if (slot > from) key += ','
    key += value.includes(',') || value.includes('\\') ? value.replaceAll(/[\\,]/g, '\\$&') : value
  }
  return key
}

/** A safe integer ≥ 0, also when it is written `12.0`; else -1. */
function wholeNumber(bytes: Buffer, from: number, to: number): number {
  const end = digitsEnd(bytes, from, to)
  let value = 0
  for (let at = from; at < end; at++) value = value * 10 + (byteAt(bytes, at) - ZERO)
  if (end === from || !Number.isSafeInteger(value)) return -1
  return end === to || /^\.0+$/.test(bytes.toString('latin1', end, to)) ? value : -1
}

function quoteName(name: string | undefined): string {
  return `field "${plain(name ?? '', 40)}"`
}
