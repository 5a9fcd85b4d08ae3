import { invalidOption } from '@headgate/core'
import {
  BACKSLASH,
  byteAt,
  CLOSE_BRACKET,
  DASH,
  findByte,
  OPEN_BRACKET,
  QUOTE,
  RETURN,
  SPACE,
} from '../bytes.ts'
import { copyTwins, type Fields, MISSING, setSpan, setText, twinsOf } from '../fields.ts'
import { type Asked, type Format, lineEnd, TIME } from './format.ts'

/** The fields of Apache's and nginx's `combined` format (and of `common`, which ends after `bytes`), with other names for them. */
const NAMES: ReadonlyMap<string, string> = new Map([
  ...['host', 'ident', 'user', 'time', 'request', 'method', 'path', 'protocol', 'status', 'bytes'].map(same),
  ...['referer', 'agent'].map(same),
  ['ip', 'host'],
  ['url', 'path'],
  ['size', 'bytes'],
  ['referrer', 'referer'],
  ['user_agent', 'agent'],
])

function same(name: string): [string, string] {
  return [name, name]
}

/**
 * `host ident user [time] "request" status bytes "referer" "agent"`. Only what is asked for must be there, so a line that
 * was cut short after the last asked-for field is as good as any. Fields that are `-` are missing, except that `-` bytes
 * are 0, which is what servers mean by it.
 */
export function combined(asked: Asked): Format {
  const names = asked.names.map((name, slot) => (slot === TIME ? (name ?? 'time') : name))
  const fieldNames = names.map((name, slot) => {
    const known = NAMES.get(name?.toLowerCase() ?? '')
    if (known !== undefined) return known
    const all = [...new Set(NAMES.values())].join(', ')
    throw invalidOption(
      asked.options[slot] ?? '',
      name,
      'a field of the combined format',
      `Use one of ${all}`,
    )
  })
  const twins = twinsOf(fieldNames)
  const slotOf = (name: string) => fieldNames.indexOf(name)
  const slots = {
    host: slotOf('host'),
    ident: slotOf('ident'),
    user: slotOf('user'),
    time: slotOf('time'),
    request: slotOf('request'),
    method: slotOf('method'),
    path: slotOf('path'),
    protocol: slotOf('protocol'),
    status: slotOf('status'),
    bytes: slotOf('bytes'),
    referer: slotOf('referer'),
    agent: slotOf('agent'),
  }
  const afterTime = Math.max(...Object.values(slots).slice(4)) >= 0

  const readRequest = (bytes: Buffer, from: number, to: number, fields: Fields): void => {
    put(fields, slots.request, bytes, from, to)
    const methodEnd = findByte(bytes, SPACE, from, to)
    if (methodEnd < 0) return
    put(fields, slots.method, bytes, from, methodEnd)
    let pathEnd = to
    while (pathEnd > methodEnd && byteAt(bytes, pathEnd - 1) !== SPACE) pathEnd--
    // HTTP/0.9 has no protocol.
    const hasProtocol = pathEnd - 1 > methodEnd
    put(fields, slots.path, bytes, methodEnd + 1, hasProtocol ? pathEnd - 1 : to)
    if (hasProtocol) put(fields, slots.protocol, bytes, pathEnd, to)
  }

  /** `"request" status bytes "referer" "agent"`. */
  const readRest = (bytes: Buffer, from: number, end: number, fields: Fields): void => {
    let at = from
    const request = quoted(bytes, at, end)
    if (request < 0) return
    readRequest(bytes, at + 1, request, fields)
    at = request + 2
    const statusEnd = wordEnd(bytes, at, end)
    put(fields, slots.status, bytes, at, statusEnd)
    at = statusEnd + 1
    const bytesEnd = wordEnd(bytes, at, end)
    if (slots.bytes >= 0 && isDash(bytes, at, bytesEnd)) setText(fields, slots.bytes, '0')
    else put(fields, slots.bytes, bytes, at, bytesEnd)
    at = bytesEnd + 1
    const referer = quoted(bytes, at, end)
    if (referer < 0) return
    put(fields, slots.referer, bytes, at + 1, referer)
    at = referer + 2
    const agent = quoted(bytes, at, end)
    if (agent >= 0) put(fields, slots.agent, bytes, at + 1, agent)
  }

  const readLine = (bytes: Buffer, at: number, end: number, fields: Fields): string | undefined => {
    const hostEnd = findByte(bytes, SPACE, at, end)
    const identEnd = hostEnd < 0 ? -1 : findByte(bytes, SPACE, hostEnd + 1, end)
    // A user's name may have spaces in it, so it ends where the time begins.
    const open = identEnd < 0 ? -1 : findByte(bytes, OPEN_BRACKET, identEnd, end)
    const close = open < 0 ? -1 : findByte(bytes, CLOSE_BRACKET, open, end)
    if (close < 0) return 'not a line of the combined format'
    put(fields, slots.host, bytes, at, hostEnd)
    put(fields, slots.ident, bytes, hostEnd + 1, identEnd)
    put(fields, slots.user, bytes, identEnd + 1, open - 1)
    put(fields, slots.time, bytes, open + 1, close)
    if (afterTime) readRest(bytes, close + 2, end, fields)
    return undefined
  }

  return {
    names: fieldNames,
    multiline: false,
    begin() {},
    recordEnd: lineEnd,
    read(bytes, at, end, fields) {
      fields.kind.fill(MISSING)
      let last = end
      if (last > at && byteAt(bytes, last - 1) === RETURN) last--
      const line = byteAt(bytes, at) === QUOTE ? unwrap(bytes.toString('utf8', at, last)) : undefined
      const problem =
        line === undefined ? readLine(bytes, at, last, fields) : readLine(line, 0, line.length, fields)
      copyTwins(twins, fields)
      return problem
    },
    end() {},
  }
}

/** Takes off an outer pair of quotes, and undoes what was done for it to the quotes inside, if anything was. */
function unwrap(line: string): Buffer {
  const inner = line.slice(1, line.endsWith('"') ? -1 : undefined)
  if (inner.includes('] ""')) return Buffer.from(inner.replaceAll('""', '"'))
  if (inner.includes('] \\"')) return Buffer.from(inner.replaceAll(/\\([\\"])/g, '$1'))
  return Buffer.from(inner)
}

function put(fields: Fields, slot: number, bytes: Buffer, from: number, to: number): void {
  if (slot >= 0 && to > from && !isDash(bytes, from, to)) setSpan(fields, slot, bytes, from, to)
}

function isDash(bytes: Buffer, from: number, to: number): boolean {
  return to === from + 1 && byteAt(bytes, from) === DASH
}

function wordEnd(bytes: Buffer, from: number, to: number): number {
  const end = findByte(bytes, SPACE, from, to)
  return end < 0 ? to : end
}

/** Where the text that is quoted at `from` ends; -1 if none is. A backslash escapes; a line that was cut ends its quotes. */
function quoted(bytes: Buffer, from: number, to: number): number {
  if (from >= to || byteAt(bytes, from) !== QUOTE) return -1
  for (let at = from + 1; at < to; at++) {
    const code = byteAt(bytes, at)
    if (code === BACKSLASH) at++
    else if (code === QUOTE) return at
  }
  return to
}
