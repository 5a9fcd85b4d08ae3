import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { plain, plainJson, widthOf } from '../src/terminal.ts'

const dangerous = /[\p{Cc}\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\u{e0000}-\u{e007f}]/u

describe('text of strangers', () => {
  it.each([
    ['plain', 'plain'],
    ['\x1b]0;title\x07\x1b[31mred', '\\x1b]0;title\\x07\\x1b[31mred'],
    ['a\r\nb\tc', 'a\\x0d\\x0ab\\x09c'],
    ['\u009b31m', '\\x9b31m'],
    ['abc\u202etxt.exe', 'abc\\u{202e}txt.exe'],
    ['\ud800', '\\u{d800}'],
    ['ü 漢字 😀', 'ü 漢字 😀'],
  ])('%j becomes %j', (text, shown) => {
    expect(plain(text)).toBe(shown)
  })

  it('is cut to a width in columns, and never holds what a terminal obeys', () => {
    const texts = fc.string({ unit: 'binary', maxLength: 60 })
    fc.assert(
      fc.property(texts, fc.integer({ min: 1, max: 70 }), (text, width) => {
        const shown = plain(text, width)
        expect(shown).not.toMatch(dangerous)
        // No half of a character is left.
        expect(Buffer.from(shown).toString()).toBe(shown)
        expect(widthOf(shown)).toBeLessThanOrEqual(width)
      }),
    )
    expect(plain('12345', 5)).toBe('12345')
    expect(plain('123456', 5)).toBe('1234…')
    expect(plain('漢字漢字', 5)).toBe('漢字…')
  })

  it('is safe in JSON too, and the same value', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
        const json = plainJson({ text }, 2)
        expect(json.replaceAll('\n', '')).not.toMatch(dangerous)
        expect(JSON.parse(json)).toEqual({ text })
      }),
    )
  })
})
