// The library that serialises and parses for us, against cases of httpwg/structured-field-tests (commit 1e280c3, files
// string, number, binary, list, param-list and serialisation-tests/*): those that can occur in our fields.
import {
  type BareItem,
  parseItem,
  parseList,
  serializeBareItem,
  serializeItem,
  serializeList,
} from 'structured-headers'
import { expect, test } from 'vitest'

const plain = (value: BareItem) => (value instanceof ArrayBuffer ? [...new Uint8Array(value)] : value)
const bytes = (...values: number[]) => Uint8Array.from(values).buffer

test.each<[raw: string, value: BareItem, canonical?: string]>([
  ['"foo bar"', 'foo bar'],
  ['""', ''],
  ['"   "', '   '],
  ['"foo \\"bar\\" \\\\ baz"', 'foo "bar" \\ baz'],
  ['42', 42],
  ['0', 0],
  ['-0', 0, '0'],
  ['-42', -42],
  ['042', 42, '42'],
  ['00', 0, '0'],
  ['123456789012345', 123_456_789_012_345],
  ['-123456789012345', -123_456_789_012_345],
  ['999999999999999', 999_999_999_999_999],
  ['-999999999999999', -999_999_999_999_999],
  [':aGVsbG8=:', bytes(104, 101, 108, 108, 111)],
  ['::', bytes()],
  [':/+Ah:', bytes(255, 224, 33)],
])('%s is read and written', (raw, value, canonical = raw) => {
  const [read, parameters] = parseItem(raw)
  // A negative zero is a zero.
  expect(plain(read === 0 ? 0 : read)).toEqual(plain(value))
  expect(parameters.size).toBe(0)
  expect(serializeItem([value, new Map()])).toBe(canonical)
})

test.each([
  '"füü"',
  '"\t"',
  '" \n "',
  '"\r"',
  '"\0"',
  '"\x7f"',
  "'foo'",
  '"foo',
  '"foo \\,"',
  '"foo \\"',
  '"foo \\',
  '--0',
  '- 42',
  '4-2',
  '1234567890123456',
  '-1234567890123456',
  ':=aGVsbG8=:',
  ':a=GVsbG8=:',
  ':aGVsbG8.:',
  ':aGVsbG8=',
  ':aGVsb G8=:',
  ':aGVsbG!8=:',
  ':_-Ah:',
  ':',
])('%j is no item', (raw) => {
  expect(() => parseItem(raw)).toThrow()
})

type Member = [BareItem, [string, BareItem][]]

test.each<[raw: string, members: Member[], canonical?: string]>([
  [
    '1, 42',
    [
      [1, []],
      [42, []],
    ],
  ],
  [
    '  42, 43',
    [
      [42, []],
      [43, []],
    ],
    '42, 43',
  ],
  [
    '1,42',
    [
      [1, []],
      [42, []],
    ],
    '1, 42',
  ],
  [
    '1\t,\t42',
    [
      [1, []],
      [42, []],
    ],
    '1, 42',
  ],
  ['', []],
  [
    '"a";b=1;c=2;b=3',
    [
      [
        'a',
        [
          ['b', 3],
          ['c', 2],
        ],
      ],
    ],
    '"a";b=3;c=2',
  ],
  [
    '"a";q=9;r="+w", "b"',
    [
      [
        'a',
        [
          ['q', 9],
          ['r', '+w'],
        ],
      ],
      ['b', []],
    ],
  ],
  ['"a"; q=5', [['a', [['q', 5]]]], '"a";q=5'],
])('the list %j is read and written', (raw, members, canonical = raw) => {
  const read = parseList(raw).map((member) => {
    const [value, parameters] = member as [BareItem, Map<string, BareItem>]
    return [value, Array.from(parameters).sort(([a], [b]) => (a < b ? -1 : 1))]
  })
  expect(read).toEqual(members)
  expect(serializeList(members.map(([value, parameters]) => [value, new Map(parameters)]))).toBe(canonical)
})

test.each([
  '1, 42,',
  '1,,42',
  '1234567890123456, 1',
  '"a";b=1;',
  '"a";=1',
  '"a";',
  '"a";q =5',
  '"a";q= 5',
  '"a" ;q=5',
])('%j is no list', (raw) => {
  expect(() => parseList(raw)).toThrow()
})

test.each<BareItem>(['\0', '\r\n', '\x1f', '\x7f', 'ü', 1e15, -1e15])('%j is not written', (value) => {
  expect(() => serializeBareItem(value)).toThrow()
})
