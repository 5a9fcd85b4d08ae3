import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createTimeReader, type TimeUnit } from '../src/replay/time.ts'

function read(text: string, unit?: TimeUnit): number {
  const bytes = Buffer.from(text)
  return createTimeReader(unit).read(bytes, 0, bytes.length)
}

const TEN = Date.UTC(2020, 0, 21, 10, 4, 5) * 1_000

describe('times', () => {
  it.each([
    ['2020-01-21T10:04:05Z', TEN],
    ['2020-01-21t10:04:05z', TEN],
    ['2020-01-21 10:04:05', TEN],
    ['2020-01-21T10:04:05', TEN],
    ['2020-01-21 10:04:05 UTC', -1],
    ['2020-01-21T10:04:05.6Z', TEN + 600_000],
    ['2020-01-21 10:04:05.637459', TEN + 637_459],
    ['2020-01-21 10:04:05,637', TEN + 637_000],
    ['2020-01-21 10:04:05.6374599', TEN + 637_459],
    ['2020-01-21T10:04:05.000422+0000', TEN + 422],
    ['2020-01-21T10:04:05+00:00', TEN],
    ['2020-01-21T12:34:05+02:30', TEN],
    ['2020-01-21T08:04:05-02', TEN],
    ['2020-01-21 12:04:05 +0200', TEN],
    ['2020-01-21T10:04Z', TEN - 5_000_000],
    ['2020-01-21', Date.UTC(2020, 0, 21) * 1_000],
    ['2016-12-31T23:59:60Z', Date.UTC(2017, 0, 1) * 1_000],
    ['[21/Jan/2020:10:04:05 +0000]', TEN],
    ['21/Jan/2020:05:04:05 -0500', TEN],
    ['21/jan/2020:10:04:05', TEN],
    [' 2020-01-21T10:04:05Z ', TEN],
    ['1579601045', TEN],
    ['1579601045.25', TEN + 250_000],
    ['1579601045.1234567', TEN + 123_456],
    ['1579601045123', TEN + 123_000],
    ['1579601045123.5', TEN + 123_500],
    ['1579601045123456', TEN + 123_456],
    ['0', 0],
    ['3052', 3_052_000],
  ])('%s', (text, time) => {
    expect(read(text)).toBe(time)
  })

  it.each([
    ['', 'yesterday', '-', '2020-1-21', '2020-01', '1 2'],
    ['2020-02-30T00:00:00Z', '2019-02-29', '2020-13-01', '2020-00-10', '2020-01-32', '2020-17-01'],
    ['2020-01-21T24:00:00Z', '2020-01-21T10:60:00Z', '2020-01-21T10:04:61Z', '2020-01-21T1:04:05Z'],
    ['2020-01-21T10:04:05.Z', '2020-01-21T10:04:05+25:00', '2020-01-21T10:04:05+1', '2020-01-21T10:04:05Zz'],
    ['2020-01-21X10:04:05', '2020/01/21', '0000-00-00', '2020-01-21T10:04:05 PST', '2020a01-21T10:04:05'],
    ['21/Foo/2020:10:04:05', '21-Jan-2020:10:04:05', '32/Jan/2020:10:04:05', '21/Jan/2020 10:04:05'],
    [
      '1969-12-31T23:59:59Z',
      '2200-01-01',
      '9999-12-31T23:59:59Z',
      '-5',
      '1e9',
      '12.',
      '99999999999999999999',
    ],
  ])('are not guessed: %s, %s, …', (...texts) => {
    for (const text of texts) expect([text, read(text)]).toEqual([text, -1])
  })

  it('remembers a date only for that date', () => {
    const reader = createTimeReader()
    const at = (text: string) => reader.read(Buffer.from(text), 0, text.length)
    expect(at('2021-01-01T00:00:00Z')).toBe(Date.UTC(2021, 0, 1) * 1_000)
    expect(at('2020-17-01T00:00:00Z')).toBe(-1)
    expect(at('2021-01-02T00:00:01Z')).toBe(Date.UTC(2021, 0, 2, 0, 0, 1) * 1_000)
    expect(at('2021-01-01T00:00:01Z')).toBe(Date.UTC(2021, 0, 1, 0, 0, 1) * 1_000)
  })

  it('takes numbers as the unit that it is told', () => {
    expect(read('1579601045', 'ms')).toBe(1_579_601_045_000)
    expect(read('12', 's')).toBe(12_000_000)
    expect(read('12', 'us')).toBe(12)
  })

  it('decides on the unit once, by the first number', () => {
    const reader = createTimeReader()
    const at = (text: string) => reader.read(Buffer.from(text), 0, text.length)
    expect(reader.numbers).toBeUndefined()
    expect(at('0')).toBe(0)
    expect([reader.numbers, reader.relative]).toEqual(['ms', true])
    expect(at('200000000')).toBe(200_000_000_000)
  })

  it('agrees with Date on every instant that it prints', () => {
    const instants = fc.date({
      min: new Date(0),
      max: new Date('2199-12-31T23:59:59.999Z'),
      noInvalidDate: true,
    })
    fc.assert(
      fc.property(instants, (date) => {
        expect(read(date.toISOString())).toBe(date.getTime() * 1_000)
      }),
    )
  })

  it('reads the same as Date, or nothing, whatever the digits', () => {
    const two = fc.integer({ min: 0, max: 99 }).map((n) => String(n).padStart(2, '0'))
    const texts = fc
      .tuple(fc.constantFrom('19', '20', '21'), two, two, two, two, two, two)
      .map(([c, y, mo, d, h, mi, s]) => `${c}${y}-${mo}-${d}T${h}:${mi}:${s}Z`)
    fc.assert(
      fc.property(texts, (text) => {
        const mine = read(text)
        const date = Date.parse(text)
        const sane = date >= 0 && new Date(date).toISOString().slice(0, 10) === text.slice(0, 10)
        const leap = text.endsWith(':60Z')
        if (leap) expect(mine === -1 || mine % 60_000_000 === 0).toBe(true)
        else expect(mine).toBe(sane && !text.includes('T24') ? date * 1_000 : -1)
      }),
    )
  })
})
