import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import { HeadgateError, parseUnits, type State } from '@headgate/core'

/** An item, or a part of one, as DynamoDB has it. */
export type Item = Record<string, AttributeValue>

/** The attribute that names the key, and the one that tells DynamoDB when the item may go. */
export const KEY = 'pk'
export const EXPIRES_AT = 'expires_at'

/**
 * The attributes of a state, beside its key and its expiry.
 *
 * A meter keeps its level in absolute terms: what has drained since the epoch at its tick, and the level on top. It doesn't
 * change by draining, so that a charge is an addition, and whether it fits is a comparison with what is known here. It has up to
 * 26 digits, of DynamoDB's 38.
 */
export function encodeState({ units: name, cells }: State): Item {
  const units = { S: name }
  const number = (i: number) => ({ N: String(cells[i] ?? 0) })
  const written = parseUnits(name)
  switch (written.algorithm) {
    case 'meter':
      return {
        units,
        ts: number(0),
        level: { N: String(drainedAt(written.num, cells[0] ?? 0) + BigInt(cells[1] ?? 0)) },
      }
    case 'window':
      return { units, start: number(0), end: number(1), count: number(2) }
    case 'sliding-window':
      return { units, start: number(0), current: number(1), previous: number(2) }
    case 'sliding-log':
      return { units, log: { S: encodeLog(cells) }, stamp: { S: crypto.randomUUID() } }
  }
}

/** @throws {@link HeadgateError} `STORE_FAILED` for an item that the store has not written */
export function decodeState(item: Item | undefined): State | undefined {
  if (item === undefined) return undefined
  const units = text(item, 'units')
  const written = parseUnits(units)
  const number = (name: string) => Number(whole(item, name))
  switch (written.algorithm) {
    case 'meter': {
      const ts = number('ts')
      return { units, cells: [ts, Number(whole(item, 'level') - drainedAt(written.num, ts))] }
    }
    case 'window':
      return { units, cells: [number('start'), number('end'), number('count')] }
    case 'sliding-window':
      return { units, cells: [number('start'), number('current'), number('previous')] }
    case 'sliding-log':
      return { units, cells: decodeLog(text(item, 'log')) }
  }
}

/** What a meter drains from the epoch to a tick. */
export function drainedAt(num: number, tick: number): bigint {
  return BigInt(tick) * BigInt(num)
}

/** Times as spans since the one before: a third of the bytes, and DynamoDB counts them. */
function encodeLog(cells: ArrayLike<number>): string {
  const parts: number[] = []
  for (let i = 0; i < cells.length; i += 2) {
    parts.push((cells[i] ?? 0) - (i > 0 ? (cells[i - 2] ?? 0) : 0), cells[i + 1] ?? 0)
  }
  return parts.join(' ')
}

function decodeLog(log: string): number[] {
  const cells = log === '' ? [] : log.split(' ').map(Number)
  for (let i = 2; i < cells.length; i += 2) cells[i] = (cells[i] ?? 0) + (cells[i - 2] ?? 0)
  return cells
}

function text(item: Item, name: string): string {
  const value = item[name]?.S
  if (value === undefined) throw foreign(item, name)
  return value
}

/** A number of any of the forms in which DynamoDB may write a whole one: `1200`, `1.2E3`. */
function whole(item: Item, name: string): bigint {
  const value = item[name]?.N ?? ''
  if (/^-?\d+$/.test(value)) return BigInt(value)
  const [, digits, fraction = '', exponent] = /^(-?\d+)(?:\.(\d+))?E\+?(\d+)$/i.exec(value) ?? []
  const zeros = Number(exponent) - fraction.length
  if (digits === undefined || zeros < 0) throw foreign(item, name)
  return BigInt(digits + fraction) * 10n ** BigInt(zeros)
}

function foreign(item: Item, name: string): HeadgateError {
  return new HeadgateError({
    code: 'STORE_FAILED',
    message: `The item ${JSON.stringify(item[KEY]?.S)} has no \`${name}\` as a state has it`,
    fix: 'Give the store a table of its own, and delete what others have written to it',
  })
}

/** What an item takes: its characters, as a measure. */
export function itemSize(item: Item): number {
  let size = 0
  for (const value of Object.values(item)) size += (value.S ?? value.N ?? '').length
  return size
}
