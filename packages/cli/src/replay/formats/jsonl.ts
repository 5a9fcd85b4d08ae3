import { usageError } from '../../errors.ts'
import { plain } from '../../terminal.ts'
import { copyTwins, type Fields, MISSING, NESTED, NULL, setText, twinsOf } from '../fields.ts'
import { type Asked, type Format, guessTime, lineEnd, TIME } from './format.ts'
import { createScan, type JsonField } from './json-scan.ts'

/** How many objects may go by before one has a field that looks like the time. */
const PATIENCE = 100
const NO_TIME = 'no field looks like the time'

/** One JSON object (or array) a line. A field is a name, or a dotted path: `user.id`, `hash_ids.1`. */
export function jsonl(asked: Asked): Format {
  const names: (string | undefined)[] = [...asked.names]
  let wanted = names.map(fieldOf)
  let scan = createScan(wanted)
  let twins = twinsOf(names)

  /** Names that the first objects without a time have instead. */
  let others: readonly string[] = []
  let without = 0

  const noTime = (): never => {
    const has = plain(others.slice(0, 20).join(', '), 400)
    throw usageError('`--time` must be given', `Name the field that has the time; the first line has ${has}`)
  }

  const findTime = (record: object): boolean => {
    const found = guessTime(Object.keys(record))
    if (found === undefined) {
      if (without++ === 0) others = Object.keys(record)
      return without >= PATIENCE && noTime()
    }
    names[TIME] = found
    wanted = names.map(fieldOf)
    scan = createScan(wanted)
    twins = twinsOf(names)
    return true
  }

  return {
    names,
    multiline: false,
    begin() {},
    recordEnd: lineEnd,
    read(bytes, at, end, fields) {
      if (names[TIME] !== undefined && scan(bytes, at, end, fields)) {
        copyTwins(twins, fields)
        return undefined
      }
      const value = parse(bytes.toString('utf8', at, end))
      if (value === undefined) return 'not JSON'
      if (typeof value !== 'object' || value === null) return 'not a JSON object'
      if (names[TIME] === undefined && !findTime(value)) return NO_TIME
      pickFields(value, wanted, fields)
      return undefined
    },
    end() {
      if (names[TIME] === undefined && without > 0) noTime()
    },
  }
}

function fieldOf(name = ''): JsonField {
  return { name, path: name.split('.') }
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line) as unknown
  } catch {
    return undefined
  }
}

/** Looks fields up in a parsed record. */
export function pickFields(record: object, wanted: readonly JsonField[], fields: Fields): void {
  wanted.forEach(({ name, path }, slot) => {
    const value = Object.hasOwn(record, name)
      ? memberOf(record, name)
      : path.reduce<unknown>(memberOf, record)
    if (typeof value === 'string') setText(fields, slot, value)
    else if (typeof value === 'number' || typeof value === 'boolean') setText(fields, slot, String(value))
    else fields.kind[slot] = value === undefined ? MISSING : value === null ? NULL : NESTED
  })
}

/** An own member of an object, or an element of an array. */
function memberOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined
  if (Array.isArray(value) && !/^\d+$/.test(name)) return undefined
  return (value as { readonly [name: string]: unknown })[name]
}
