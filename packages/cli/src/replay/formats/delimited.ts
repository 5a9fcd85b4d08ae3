import { invalidOption } from '@headgate/core'
import { usageError } from '../../errors.ts'
import { plain } from '../../terminal.ts'
import { byteAt, findByte, NEWLINE, QUOTE, RETURN } from '../bytes.ts'
import {
  copyTwins,
  createFields,
  type Fields,
  MISSING,
  setSpan,
  setText,
  textOf,
  twinsOf,
} from '../fields.ts'
import type { TimeReader } from '../time.ts'
import { type Asked, type Format, guessTime, lineEnd, NO_EVENT, TIME, UNCLOSED } from './format.ts'

/** How rows are written. */
export interface Dialect {
  readonly delimiter: ',' | '\t'
  /** Whether a quoted field may hold newlines; where it may not, a quote that isn't closed in its line is a character. */
  readonly multiline: boolean
}

/**
 * Rows of fields. A field is named by the header or, counted from 1, by its number. Where all are numbers there may be no
 * header: the first row of a file is one if its time can't be read as a time.
 */
export function delimited(asked: Asked, dialect: Dialect, time: TimeReader): Format {
  const { multiline } = dialect
  const delimiter = dialect.delimiter.charCodeAt(0)
  const names: (string | undefined)[] = [...asked.names]
  const numbered = names.every((name) => name !== undefined && /^[1-9]\d{0,5}$/.test(name))
  const positions = names.map(Number)
  /** The slot of each column, as far as any is asked for; else -1. */
  let slots: Int32Array = new Int32Array(0)
  let first = true
  let nextQuote = -1
  let quotesOf: Buffer | undefined

  let twins = twinsOf([])

  const setColumns = (columns: readonly number[]): void => {
    slots = new Int32Array(Math.max(...columns) + 1).fill(-1)
    for (let slot = columns.length - 1; slot >= 0; slot--) slots[columns[slot] as number] = slot
    twins = twinsOf(columns)
  }

  /** The end of the field at `from`; a quoted one's span is put without its quotes. -1 if its quotes are wrong. */
  const readField = (bytes: Buffer, from: number, end: number, slot: number, fields: Fields): number => {
    if (from < end && byteAt(bytes, from) === QUOTE) {
      const close = closingQuote(bytes, from + 1, end)
      if (close >= 0 && (close + 1 === end || byteAt(bytes, close + 1) === delimiter)) {
        if (slot >= 0) putQuoted(fields, slot, bytes, from + 1, close)
        return close + 1
      }
      if (multiline) return -1
    }
    let at = from
    while (at < end && byteAt(bytes, at) !== delimiter) at++
    if (slot >= 0) setSpan(fields, slot, bytes, from, at)
    return at
  }

  const readRow = (bytes: Buffer, from: number, end: number, fields: Fields): string | undefined => {
    fields.kind.fill(MISSING)
    let at = from
    for (let column = 0; column < slots.length && at <= end; column++) {
      const stop = readField(bytes, at, end, slots[column] as number, fields)
      if (stop < 0) return 'text beside a quoted field'
      at = stop + 1
    }
    return undefined
  }

  /** All fields of a header. */
  const readHeader = (bytes: Buffer, from: number, end: number): string[] => {
    const header: string[] = []
    const one = createFields(1)
    for (let at = from; at <= end; at++) {
      const stop = readField(bytes, at, end, 0, one)
      if (stop < 0) break
      header.push(textOf(one, 0))
      at = stop
    }
    return header
  }

  const useHeader = (header: readonly string[]): void => {
    names[TIME] ??= guessTime(header)
    const shown = plain(header.slice(0, 30).join(', '), 400)
    if (names[TIME] === undefined) {
      throw usageError('`--time` must be given', `Name the column that has the time; there are ${shown}`)
    }
    setColumns(
      names.map((name = '', slot) => {
        const column = header.indexOf(name)
        if (column >= 0) return column
        if (/^[1-9]\d{0,5}$/.test(name)) return Number(name) - 1
        throw invalidOption(
          asked.options[slot] ?? '',
          name,
          'a column of the file',
          `There are ${shown}; or give its number, from 1`,
        )
      }),
    )
  }

  const isData = (bytes: Buffer, at: number, end: number, fields: Fields): boolean => {
    if (!numbered) return false
    setColumns(positions.map((position) => position - 1))
    if (readRow(bytes, at, end, fields) !== undefined || fields.kind[TIME] === MISSING) return false
    return (
      time.read(fields.bytes[TIME] as Buffer, fields.from[TIME] as number, fields.to[TIME] as number) >= 0
    )
  }

  return {
    names,
    multiline,
    begin() {
      first = true
    },

    recordEnd(bytes, at) {
      const end = lineEnd(bytes, at)
      if (!multiline) return end
      // Lines without quotes are most: where the next quote is, is looked up once.
      if (quotesOf !== bytes || (nextQuote >= 0 && nextQuote < at)) {
        quotesOf = bytes
        nextQuote = bytes.indexOf(QUOTE, at)
      }
      return nextQuote < 0 || nextQuote > end ? end : quotedRecordEnd(bytes, at, delimiter)
    },

    read(bytes, at, end, fields) {
      const last = end > at && byteAt(bytes, end - 1) === RETURN ? end - 1 : end
      if (first) {
        first = false
        if (!isData(bytes, at, last, fields)) {
          useHeader(readHeader(bytes, at, last))
          return NO_EVENT
        }
      }
      const problem = readRow(bytes, at, last, fields)
      copyTwins(twins, fields)
      return problem
    },
    end() {},
  }
}

/** The end of a record with quotes in it: the first newline outside of them. */
function quotedRecordEnd(bytes: Buffer, from: number, delimiter: number): number {
  let at = from
  while (at < bytes.length) {
    if (byteAt(bytes, at) === QUOTE) {
      const close = closingQuote(bytes, at + 1, bytes.length)
      if (close < 0) return UNCLOSED
      at = close + 1
    }
    for (; at < bytes.length; at++) {
      const code = byteAt(bytes, at)
      if (code === NEWLINE) return at
      if (code === delimiter) break
    }
    at++
  }
  return bytes.length
}

/** The quote that closes, two in a row being one of the text; -1 if none does. */
function closingQuote(bytes: Buffer, from: number, to: number): number {
  for (let at = from; at < to; at++) {
    if (byteAt(bytes, at) !== QUOTE) continue
    if (at + 1 < to && byteAt(bytes, at + 1) === QUOTE) at++
    else return at
  }
  return -1
}

function putQuoted(fields: Fields, slot: number, bytes: Buffer, from: number, to: number): void {
  if (findByte(bytes, QUOTE, from, to) < 0) setSpan(fields, slot, bytes, from, to)
  else setText(fields, slot, bytes.toString('utf8', from, to).replaceAll('""', '"'))
}
