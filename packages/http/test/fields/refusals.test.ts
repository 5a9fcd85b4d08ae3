import { HeadgateError } from '@headgate/core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createFieldWriter } from '../../src/fields/create-field-writer.ts'
import type { FieldStyle } from '../../src/fields/field-style.ts'
import type { Policy } from '../../src/fields/field-writer.ts'

const fine: Policy = { name: 'burst', quota: 100, windowMs: 60_000 }

function refusal(styles: FieldStyle | readonly FieldStyle[], policies: readonly Policy[]): HeadgateError {
  try {
    createFieldWriter(styles, policies)
  } catch (error) {
    if (error instanceof HeadgateError) return error
    throw error
  }
  throw new Error('accepted')
}

test.each<readonly FieldStyle[]>([
  ['draft-11', 'draft-7'],
  ['draft-11', 'draft-6'],
  ['draft-7', 'draft-6'],
  ['legacy-epoch', 'legacy-delta'],
  ['draft-11', 'draft-11'],
])('%s with %s would use a name twice', (...styles) => {
  const error = refusal(styles, [fine])
  expect([error.code, error.option, error.value]).toEqual([
    'INVALID_OPTION',
    'headers',
    styles.join(' with '),
  ])
})

test.each([[], ['draft-8'], ['toString'], ['__proto__'], [''], [undefined], [1]])(
  'no styles are %j',
  (...styles) => {
    const error = refusal(styles as never, [fine])
    expect([error.code, error.option]).toEqual(['INVALID_OPTION', 'headers'])
  },
)

test('no styles is no list of styles', () => {
  for (const styles of [null, undefined, 1, {}])
    expect(refusal(styles as never, [fine]).option).toBe('headers')
})

test('each policy has a name of its own', () => {
  expect(refusal('draft-11', [fine, { ...fine, quota: 5 }]).option).toBe('name')
})

test('names and units that are no printable ASCII are refused, whatever the style', () => {
  const hostile = fc
    .tuple(
      fc.string({ unit: 'binary' }),
      fc.oneof(
        fc.constantFrom('\r\n', '\n', '\r', '\0', '\t', '\x7f', '\x80', 'ü', '\u2028', '\ud800', '😀'),
        fc.integer({ min: 0, max: 0x1f }).map((code) => String.fromCharCode(code)),
        fc.integer({ min: 0x7f, max: 0xffff }).map((code) => String.fromCharCode(code)),
      ),
      fc.string({ unit: 'binary' }),
    )
    .map((parts) => parts.join(''))
  const style = fc.constantFrom<FieldStyle>('draft-11', 'draft-7', 'draft-6', 'legacy-epoch', 'legacy-delta')
  fc.assert(
    fc.property(style, hostile, fc.constantFrom('name', 'unit'), (style, text, option) => {
      const error = refusal(style, [fine, { ...fine, name: 'other', [option]: text }])
      expect([error.code, error.option, error.value]).toEqual(['INVALID_OPTION', option, text])
      // Nor may the message carry it on into a log.
      expect(error.message).not.toMatch(/[\0\r\n]/)
    }),
    { numRuns: 1_000 },
  )
})

test.each(['', null, 1, {}, ['burst']])('neither a name nor a unit is %j', (text) => {
  expect(refusal('draft-11', [{ ...fine, name: text as string }]).option).toBe('name')
  expect(refusal('draft-11', [{ ...fine, unit: text as string }]).option).toBe('unit')
})

test.each([-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 1e15, 2 ** 53, '100', 100n, null])(
  'no quota is %s',
  (quota) => {
    const error = refusal('draft-7', [{ ...fine, quota: quota as number }])
    expect([error.code, error.option, error.value]).toEqual(['INVALID_OPTION', 'quota', quota])
  },
)

test.each([0, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, '60', undefined])(
  'no window is %s',
  (windowMs) => {
    const error = refusal('draft-6', [{ ...fine, windowMs: windowMs as number }])
    expect([error.code, error.option, error.value]).toEqual(['INVALID_OPTION', 'windowMs', windowMs])
  },
)

test('the largest quota and window are written', () => {
  const largest: Policy = { name: 'x', quota: 999_999_999_999_999, windowMs: Number.MAX_SAFE_INTEGER }
  const [field] = createFieldWriter('draft-11', [largest]).write([], 0, Date.now)
  expect(field?.[1]).toBe('"x";q=999999999999999;w=9007199254741')
})
