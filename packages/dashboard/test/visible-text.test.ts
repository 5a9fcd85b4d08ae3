import fc from 'fast-check'
import { expect, test } from 'vitest'
import { visiblePieces } from '../app/lib/visible-text.ts'

const shown = (text: string): string =>
  visiblePieces(text)
    .map(({ text, isCode }) => (isCode ? `[${text}]` : text))
    .join('')

test.each([
  ['acme', 'acme'],
  ['two words', 'two words'],
  ['<img src=x>', '<img src=x>'],
  ['مرحبا', 'مرحبا'],
  ['\u202Egpj.exe', '[U+202E]gpj.exe'],
  ['a\nb\tc', 'a[U+000A]b[U+0009]c'],
  [' a ', '[U+0020]a[U+0020]'],
  ['a\u00a0b', 'a[U+00A0]b'],
  ['a\u200bb', 'a[U+200B]b'],
  ['a\u200db', 'a[U+200D]b'],
  ['👩\u200d👧', '👩\u200d👧'],
  ['👩🏽\u200d🚀', '👩🏽\u200d🚀'],
  ['❤️\u200d🔥', '❤️\u200d🔥'],
])('%j is shown as %j', (text, expected) => {
  expect(shown(text)).toBe(expected)
})

test('two different texts are never shown alike, and nothing unseen is left', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 8 }), (text) => {
      const pieces = visiblePieces(text)
      const again = pieces.map(({ text, isCode }) =>
        isCode ? String.fromCodePoint(Number.parseInt(text.slice(2), 16)) : text,
      )
      expect(again.join('')).toBe(text)
      const plain = pieces.filter(({ isCode }) => !isCode).map(({ text }) => text)
      expect(plain.join('').replaceAll('\u200d', '')).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u)
    }),
  )
})
