import { inspect } from 'node:util'
import { HeadgateError, invalidOption, showValue } from '@headgate/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

describe('a value in a message', () => {
  test.each([
    ['text', '"text"'],
    ['say "no"', '"say \\"no\\""'],
    ['a\r\nb\u007f\u009b\u2028\u202e', '"a\\r\\nb\\u{7f}\\u{9b}\\u{2028}\\u{202e}"'],
    ['\ud800', '"\\ud800"'],
    ['ü 漢字 😀', '"ü 漢字 😀"'],
    ['redis://me:secret@db', '"redis://…@db"'],
    ['redis://me:se@cr:et/@db/0', '"redis://…@db/0"'],
    [`redis://me:${'secret'.repeat(20)}@db`, '"redis://…@db"'],
    ['me@example.org, https://example.org', '"me@example.org, https://example.org"'],
    ['x'.repeat(81), `"${'x'.repeat(80)}…"`],
    [12n, '12n'],
    [10n ** 100n, `1${'0'.repeat(79)}…n`],
    [Symbol('a\nb'), 'Symbol("a\\nb")'],
    [() => 'secret', 'a function'],
    [Number.NaN, 'NaN'],
    [undefined, 'undefined'],
    [null, 'null'],
    [false, 'false'],
    [[1], 'an array'],
    [{ password: 'secret' }, 'an object'],
    [Object.create(null), 'an object'],
  ])('%o', (value, shown) => {
    expect(showValue(value)).toBe(shown)
  })

  test('is short, on one line, and can be encoded, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const shown = showValue(text)
        expect(shown).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
        expect(() => encodeURIComponent(shown)).not.toThrow()
        expect(shown.length).toBeLessThan(1_000)
      }),
    )
  })
})

test('an option that cannot be meant is named, with its value and what to do', () => {
  const error = invalidOption('timeout', 'soon', 'milliseconds', 'Leave it out for 1000')
  expect(error).toBeInstanceOf(HeadgateError)
  expect(error).toMatchObject({ code: 'INVALID_OPTION', option: 'timeout', value: 'soon' })
  expect(error.message).toBe('`timeout` must be milliseconds, not "soon". Leave it out for 1000')
})

describe('the value of an error', () => {
  test.each(['redis://me:secret@db', { password: 'secret' }])(
    'is there for who asks, and in no log: %j',
    (value) => {
      const error = invalidOption('store', value, 'a store', 'Pass one')
      expect(error.value).toBe(value)
      expect(inspect(error)).not.toContain('secret')
      expect(JSON.stringify(error)).not.toContain('secret')
      expect(Object.values(error)).toEqual(['HeadgateError', 'INVALID_OPTION', 'store', 'Pass one'])
    },
  )
})
