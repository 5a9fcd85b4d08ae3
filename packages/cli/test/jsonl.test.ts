import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createFields, type Fields, MISSING, NESTED, NULL, textOf, VALUE } from '../src/replay/fields.ts'
import { createScan } from '../src/replay/formats/json-scan.ts'
import { pickFields } from '../src/replay/formats/jsonl.ts'
import { eventsOf } from './support.ts'

async function keyOf(line: string, key: string): Promise<string | undefined> {
  const { events, malformed } = await eventsOf(line, { format: 'jsonl', key: [key], time: 't' })
  return events[0]?.key ?? malformed[0]
}

describe('jsonl', () => {
  it.each([
    ['{"t":1,"k":"a"}', 'k', 'a'],
    ['{"t":1,"k":"a\\u0062\\n"}', 'k', 'ab\n'],
    ['{"t":1,"k":12}', 'k', '12'],
    ['{"t":1,"k":1.50}', 'k', '1.5'],
    ['{"t":1,"k":-0}', 'k', '0'],
    ['{"t":1,"k":12345678901234567890}', 'k', '12345678901234567000'],
    ['{"t":1,"k":0.1000}', 'k', '0.1'],
    ['{"t":1,"k":1e3}', 'k', '1000'],
    ['{"t":1,"k":false}', 'k', 'false'],
    ['{"t":1,"k":"ünïcødé 漢字"}', 'k', 'ünïcødé 漢字'],
    [' { "t" : 1 , "k" : "a" } ', 'k', 'a'],
    ['{"k":"first","t":1,"k":"last"}', 'k', 'last'],
    ['{"k":"first","t":1,"\\u006b":"last"}', 'k', 'last'],
    ['{"t":1,"u":{"id":{"n":"deep"}}}', 'u.id.n', 'deep'],
    ['{"t":1,"ids":[7,8,9]}', 'ids.1', '8'],
    ['{"t":1,"a.b":"own name","a":{"b":"path"}}', 'a.b', 'own name'],
    ['{"t":1,"__proto__":"p"}', '__proto__', 'p'],
  ])('%s has %s', async (line, field, value) => {
    expect(await keyOf(line, field)).toBe(value)
  })

  it.each([
    ['{"t":1}', 'field "k" is missing'],
    ['{"t":1,"k":null}', 'field "k" is null'],
    ['{"t":1,"k":""}', 'field "k" is empty'],
    ['{"t":1,"k":{"a":1}}', 'field "k" is not a single value'],
    ['{"t":1,"k":[]}', 'field "k" is not a single value'],
    ['{"k":"a"}', 'field "t" is missing'],
    ['{"t":"x\\u001b[31m","k":"a"}', 'field "t" is not a time: x\\x1b[31m'],
    ['{"t":1,"k":"a"', 'not JSON'],
    ['{"t":1,"k":"a"}}', 'not JSON'],
    ['{"t":01,"k":"a"}', 'not JSON'],
    ['{"t":1,"k":"a\tb"}', 'not JSON'],
    ['{"t":1,"k":"a",}', 'not JSON'],
    ['nonsense', 'not JSON'],
    ['null', 'not a JSON object'],
    ['"text"', 'not a JSON object'],
  ])('%s is malformed', async (line, reason) => {
    expect(await keyOf(line, 'k')).toBe(`1: ${reason}`)
  })

  it('does not find what objects inherit', async () => {
    expect(await keyOf('{"t":1}', 'constructor')).toBe('1: field "constructor" is missing')
    expect(await keyOf('{"t":1,"a":[1]}', 'a.length')).toBe('1: field "a.length" is missing')
    expect(await keyOf('{"t":1,"a":"text"}', 'a.0')).toBe('1: field "a.0" is missing')
  })

  it('guesses the time by its name, from the first object', async () => {
    const log =
      'broken\n{"eventTime":"2023-07-10T11:42:18Z","k":"a"}\n{"eventTime":"2023-07-10T11:42:19Z","k":"b"}\n'
    const { events, malformed } = await eventsOf(log, { format: 'jsonl', key: ['k'] })
    expect(events.map(({ time }) => new Date(time / 1_000).toISOString())).toEqual([
      '2023-07-10T11:42:18.000Z',
      '2023-07-10T11:42:19.000Z',
    ])
    expect(malformed).toEqual(['1: not JSON'])
    const late = `${'{"when":1}\n'.repeat(99)}{"ts":1,"k":"a"}\n`
    expect((await eventsOf(late, { format: 'jsonl' })).events).toHaveLength(1)
    await expect(eventsOf(`{"when":1}\n${late}`, { format: 'jsonl' })).rejects.toThrow(
      'the first line has when',
    )
    await expect(eventsOf('{"when":1,"k":"a"}', { format: 'jsonl' })).rejects.toThrow(
      '`--time` must be given. Name the field that has the time; the first line has when, k',
    )
  })

  it('adds costs up, and wants them whole', async () => {
    const log = [
      '{"t":1,"a":2,"b":40}',
      '{"t":1,"a":2}',
      '{"t":1,"a":2,"b":-1}',
      '{"t":1,"a":0.5,"b":1}',
      '{"t":1,"a":"3","b":0}',
    ]
    const { events, malformed } = await eventsOf(log.join('\n'), {
      format: 'jsonl',
      time: 't',
      cost: ['a', 'b'],
    })
    expect(events.map(({ cost }) => cost)).toEqual([42, 3])
    expect(malformed).toEqual([
      '2: field "b" is missing',
      '3: field "b" is not a whole number ≥ 0: -1',
      '4: field "a" is not a whole number ≥ 0: 0.5',
    ])
    const big = `{"t":1,"a":${2 ** 53 - 1},"b":1}`
    expect((await eventsOf(big, { format: 'jsonl', time: 't', cost: ['a', 'b'] })).malformed).toEqual([
      '1: the cost is past 2^53',
    ])
  })
})

const NAMES = ['time', 'key', 'k\u00e9y', '__proto__']
const flat = NAMES.map((name) => ({ name, path: [name] }))
const nested = [...flat, { name: 'a.b', path: ['a', 'b'] }]

function fieldsBy(wanted: typeof flat, read: (fields: Fields) => void): string[] {
  const fields = createFields(wanted.length)
  read(fields)
  return wanted.map((_, slot) => {
    const kind = fields.kind[slot]
    if (kind === VALUE) return `= ${textOf(fields, slot)}`
    return { [MISSING]: 'missing', [NULL]: 'null', [NESTED]: 'nested' }[kind ?? MISSING] ?? 'unknown'
  })
}

/** Whether the scan answers; and it is checked that what it answers is what JSON.parse gives. */
function scanned(line: string, wanted: typeof flat): boolean {
  const scan = createScan(wanted)
  // Bytes around the line, which must not be looked at.
  const bytes = Buffer.from(`"}${line}:"1}`)
  const to = bytes.length - 4
  let answered = false
  const read = fieldsBy(wanted, (fields) => {
    answered = scan(bytes, 2, to, fields)
  })
  if (!answered) return false
  const parsed = JSON.parse(line) as object
  expect(read).toEqual(fieldsBy(wanted, (fields) => pickFields(parsed, wanted, fields)))
  return true
}

describe('the scan of a line', () => {
  const name = fc.oneof(fc.constantFrom(...NAMES, 'a.b', 'a'), fc.string({ maxLength: 8 }))
  const plain = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 12 }),
    fc.string({ unit: 'binary', maxLength: 6 }),
    fc.integer(),
    fc.double({ noDefaultInfinity: true, noNaN: true }),
    fc.constantFrom(true, false, null, 0, -0, 1e21, 123456789012345, 1234567890123456),
  )
  const value = fc.oneof(
    { weight: 6, arbitrary: plain },
    fc.constantFrom([], [1, 'a'], { key: 1 }, { b: 'x' }),
  )
  const members = fc.array(fc.tuple(name, value), { maxLength: 8 })
  const space = fc.constantFrom('', '', ' ', '\t', '\r', '  ')

  it('says what JSON.parse says, whenever it answers', () => {
    const answered = { yes: 0, no: 0 }
    fc.assert(
      fc.property(members, space, space, fc.constantFrom(flat, nested), (list, s1, s2, wanted) => {
        const body = list
          .map(([n, v]) => `${s1}${JSON.stringify(n)}${s2}:${s1}${JSON.stringify(v)}${s2}`)
          .join(',')
        answered[scanned(`${s1}{${body}${list.length === 0 ? s1 : ''}}${s2}`, wanted) ? 'yes' : 'no']++
      }),
      { numRuns: 1_000 },
    )
    // Both ways are taken, or the property would say nothing.
    expect(Math.min(answered.yes, answered.no)).toBeGreaterThan(50)
  })

  it('answers nothing that JSON.parse refuses', () => {
    const mutations = fc.record({
      list: members,
      at: fc.nat(),
      what: fc.constantFrom('', '"', '{', '}', ',', ':', '0', '\\', ' ', '-', '.', 'e', '\u0001', 'n'),
    })
    fc.assert(
      fc.property(mutations, ({ list, at, what }) => {
        const line = `{${list.map(([n, v]) => `${JSON.stringify(n)}:${JSON.stringify(v)}`).join(',')}}`
        const place = at % line.length
        scanned(line.slice(0, place) + what + line.slice(place + 1), flat)
      }),
      { numRuns: 3_000 },
    )
  })

  it('reads the usual line by itself', () => {
    const line =
      '{"time":"2020-01-21 03:38:37.637459","key":"1.2.3.4","protocol":"vnc","port":5900,"ok":true}'
    expect(scanned(line, flat)).toBe(true)
    expect(scanned(line.replaceAll(/([:,])/g, '$1 '), flat)).toBe(true)
  })
})
