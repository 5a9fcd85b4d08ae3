import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseHttpDate } from '../src/http-date.ts'
import { readSaid } from '../src/said.ts'
import { START } from './virtual-clock.ts'

const NOW = START * 1_000
const IN_90S = START / 1_000 + 90

function said(status: number, headers: Record<string, string>) {
  const { retryAfter, quotas } = readSaid(new Response(null, { status, headers }), NOW)
  return {
    retryAfter: retryAfter === undefined ? undefined : retryAfter / 1_000_000,
    quotas: quotas.map(({ name, remaining, lasts }) => [name, remaining, lasts / 1_000_000]),
  }
}

describe('what remains', () => {
  test.each<[string, Record<string, string>, (string | number)[][]]>([
    ['the list of today', { ratelimit: '"default";r=50;t=30' }, [['default', 50, 30]]],
    [
      'several policies',
      { ratelimit: '"a";r=1;t=2, "b";r=3;t=4;pk=:YQ==:' },
      [
        ['a', 1, 2],
        ['b', 3, 4],
      ],
    ],
    ['a token for a name', { ratelimit: 'default;r=5;t=3' }, [['default', 5, 3]]],
    [
      'the window for a missing time',
      { ratelimit: '"d";r=5', 'ratelimit-policy': '"d";q=9;w=60' },
      [['d', 5, 60]],
    ],
    [
      'nothing for another unit',
      { ratelimit: '"d";r=5;t=1', 'ratelimit-policy': '"d";q=9;qu="content-bytes"' },
      [],
    ],
    [
      'the unit that is meant anyway',
      { ratelimit: '"d";r=5;t=1', 'ratelimit-policy': '"d";q=9;qu="requests"' },
      [['d', 5, 1]],
    ],
    [
      'an item that is sound beside one that is not',
      { ratelimit: '"a";r=-1;t=1, "b";r=2;t=1' },
      [['b', 2, 1]],
    ],
    [
      'draft 7',
      { ratelimit: 'limit=100, remaining=99, reset=50', 'ratelimit-policy': '100;w=60' },
      [['', 99, 50]],
    ],
    [
      'draft 6',
      { 'ratelimit-limit': '9', 'ratelimit-remaining': '7', 'ratelimit-reset': '50' },
      [['', 7, 50]],
    ],
    [
      'draft 6 behind a broken RateLimit',
      { ratelimit: '"', 'ratelimit-remaining': '7', 'ratelimit-reset': '50' },
      [['', 7, 50]],
    ],
    ['legacy, from now', { 'x-ratelimit-remaining': '7', 'x-ratelimit-reset': '50' }, [['', 7, 50]]],
    ['legacy, since 1970', { 'x-ratelimit-remaining': '7', 'x-ratelimit-reset': `${IN_90S}` }, [['', 7, 90]]],
    [
      'legacy, with a fraction',
      { 'x-ratelimit-remaining': '7', 'x-ratelimit-reset': `${IN_90S}.5` },
      [['', 7, 90.5]],
    ],
    [
      'legacy, milliseconds since 1970',
      { 'x-ratelimit-remaining': '7', 'x-ratelimit-reset': `${IN_90S}000` },
      [['', 7, 90]],
    ],
    [
      "legacy, by the server's clock",
      {
        'x-ratelimit-remaining': '7',
        'x-ratelimit-reset': `${IN_90S + 3_600}`,
        date: new Date(START + 3_600_000).toUTCString(),
      },
      [['', 7, 90]],
    ],
    [
      'no time, where that since 1970 is over',
      { 'x-ratelimit-remaining': '7', 'x-ratelimit-reset': '1500000000' },
      [['', 7, 0]],
    ],
    ['nothing out of a cache', { ratelimit: '"default";r=50;t=30', age: '12' }, []],
    ['as much from an age of 0', { ratelimit: '"default";r=50;t=30', age: '0' }, [['default', 50, 30]]],
    ['nothing without a time', { ratelimit: '"default";r=50' }, []],
    ['nothing without a number', { ratelimit: '"default";t=50' }, []],
    ['nothing for a fraction', { ratelimit: '"default";r=0.5;t=50' }, []],
    ['nothing for an inner list', { ratelimit: '("a" "b");r=1;t=50' }, []],
    ['nothing for draft 6 below zero', { 'ratelimit-remaining': '-1', 'ratelimit-reset': '50' }, []],
    ['nothing for a field without end', { ratelimit: `"default";r=50;t=30;x="${'x'.repeat(5_000)}"` }, []],
  ])('%s', (_, headers, quotas) => {
    expect(said(200, headers)).toEqual({ retryAfter: undefined, quotas })
  })

  test('a denial leaves nothing, even if it only tells the reset', () => {
    expect(said(429, { 'x-ratelimit-reset': '50' }).quotas).toEqual([['', 0, 50]])
    expect(said(200, { 'x-ratelimit-reset': '50' }).quotas).toEqual([])
  })

  test('Retry-After takes precedence over the reset', () => {
    const headers = { 'retry-after': '3', ratelimit: '"a";r=0;t=60, "b";r=4;t=60' }
    expect(said(429, headers)).toEqual({
      retryAfter: 3,
      quotas: [
        ['a', 0, 3],
        ['b', 4, 60],
      ],
    })
  })
})

describe('Retry-After', () => {
  const date = (ms: number) => new Date(START + ms).toUTCString()
  test.each<[number, string, number | undefined]>([
    [429, '3', 3],
    [503, '3', 3],
    [200, '3', undefined],
    [429, '0', 0],
    [429, '-3', undefined],
    [429, '1.5', undefined],
    [429, 'NaN', undefined],
    [429, 'Infinity', undefined],
    [429, '3, 3', undefined],
    [429, '1e3', undefined],
    [429, '', undefined],
    [429, date(90_000), 90],
    [429, date(-90_000), 0],
    [429, 'Thursday, 01-Jan-26 00:01:30 GMT', 90],
    [429, 'Thu Jan  1 00:01:30 2026', 90],
    [429, 'Thu, 31 Feb 2026 00:00:00 GMT', undefined],
    [429, 'Thu, 01 Xyz 2026 00:00:00 GMT', undefined],
    [429, '2026-01-01T00:01:30Z', undefined],
  ])('of a %i, %j: %s', (status, value, expected) => {
    expect(said(status, { 'retry-after': value }).retryAfter).toBe(expected)
  })

  test("a date is read against the server's own clock", () => {
    const headers = { 'retry-after': date(3_600_000 + 90_000), date: date(3_600_000) }
    expect(said(429, headers).retryAfter).toBe(90)
  })

  test('every date that is written is read', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 253_402_300_799 }), (seconds) => {
        expect(parseHttpDate(new Date(seconds * 1_000).toUTCString(), START)).toBe(seconds * 1_000)
      }),
    )
  })

  test('two digits of a year are the nearest century that is not far ahead', () => {
    expect(parseHttpDate('Sunday, 06-Nov-94 08:49:37 GMT', START)).toBe(Date.UTC(1994, 10, 6, 8, 49, 37))
    expect(parseHttpDate('Sunday, 06-Nov-70 08:49:37 GMT', START)).toBe(Date.UTC(2070, 10, 6, 8, 49, 37))
  })
})
