import { NEWLINE } from '../bytes.ts'
import type { Fields } from '../fields.ts'

/** A log format, open on one log. */
export interface Format {
  /** Names of the asked-for fields, in the order of their slots; what was guessed is filled in once it is known. */
  readonly names: readonly (string | undefined)[]
  /** Whether a record may be spread over several lines. */
  readonly multiline: boolean
  /** A new file begins: it may have a header of its own. */
  begin(): void
  /** Where the record at `at` ends: its newline, or the end of `bytes`; or {@link UNCLOSED}. */
  recordEnd(bytes: Buffer, at: number): number
  /**
   * Reads the asked-for fields of one record into their slots.
   *
   * @returns undefined, or {@link NO_EVENT} for a header, or what is wrong with the record as a whole
   */
  read(bytes: Buffer, at: number, end: number, fields: Fields): string | undefined
  /**
   * All logs have been read.
   *
   * @throws {@link HeadgateError} `INVALID_OPTION` if what had to be guessed never could be
   */
  end(): void
}

/** The record's quotes are not closed before the end of the bytes. */
export const UNCLOSED: number = -1

/** The record isn't an event, and isn't malformed either. */
export const NO_EVENT = 'no event'

/** What a format is asked for, a slot each: the time first, then the rest. A time that isn't named is guessed. */
export interface Asked {
  readonly names: readonly (string | undefined)[]
  /** Which option asks for each, for messages. */
  readonly options: readonly string[]
}

/** The slot of the time. */
export const TIME = 0

/** Where a line ends: its newline, or the end of the bytes. */
export function lineEnd(bytes: Buffer, at: number): number {
  const end = bytes.indexOf(NEWLINE, at)
  return end < 0 ? bytes.length : end
}

const TIME_NAMES = [
  'time',
  'timestamp',
  'ts',
  '@timestamp',
  'eventtime',
  'event_time',
  'datetime',
  'date',
  'created_at',
  'createdat',
]

/** The field that is most likely the time; undefined if none looks like it. */
export function guessTime(names: readonly string[]): string | undefined {
  for (const wanted of TIME_NAMES) {
    const found = names.find((name) => name.toLowerCase() === wanted)
    if (found !== undefined) return found
  }
  return undefined
}
