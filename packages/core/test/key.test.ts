import { createHash } from 'node:crypto'
import { encodeKey, shortId } from '@headgate/core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { sha256 } from '../src/sha256.ts'

/** Any code units, lone surrogates and NUL among them. */
const text = fc.string({
  unit: fc.integer({ min: 0, max: 0xffff }).map((c) => String.fromCharCode(c)),
  maxLength: 300,
})
const awkward = fc.oneof(
  text,
  fc.constantFrom(
    '',
    '#',
    '\0',
    '}',
    '{}',
    'a}b',
    '\ud800',
    '\udfff',
    '\ufffd',
    '1:a',
    '__proto__',
    'x'.repeat(128),
    'x'.repeat(129),
  ),
)

test('sha256 is SHA-256 of the UTF-16 code units', () => {
  fc.assert(
    fc.property(awkward, (value) => {
      const bytes = Buffer.from(value, 'utf16le').swap16()
      expect(sha256(value)).toBe(createHash('sha256').update(bytes).digest('hex'))
    }),
    { examples: [...Array(130).keys()].map((n) => ['a'.repeat(n)] as [string]), numRuns: 300 },
  )
})

test('no two ids share a short one, and none is long', () => {
  fc.assert(
    fc.property(awkward, awkward, (a, b) => {
      expect(shortId(a) === shortId(b)).toBe(a === b)
      expect(shortId(a).length).toBeLessThanOrEqual(128)
      expect(shortId(shortId(`#${a}`))).not.toBe(shortId(`#${a}`))
    }),
  )
})

test('no two keys share an encoding, which is short, well-formed and free of control characters', () => {
  fc.assert(
    fc.property(awkward, awkward, awkward, awkward, (scope, id, scope2, id2) => {
      const encoded = encodeKey({ scope, id })
      expect(encoded === encodeKey({ scope: scope2, id: id2 })).toBe(scope === scope2 && id === id2)
      expect(encoded.length).toBeLessThanOrEqual(300)
      expect(Buffer.from(encoded, 'utf8').toString('utf8')).toBe(encoded)
      expect([...encoded].every((char) => char >= ' ' && char !== '\u007f')).toBe(true)
    }),
  )
})

test('parts cannot be shifted between scope and id', () => {
  expect(encodeKey({ scope: 'ab', id: 'c' })).not.toBe(encodeKey({ scope: 'a', id: 'bc' }))
  expect(encodeKey({ scope: 'api:burst', id: 'user 1' })).toBe('9:api:burst6:user 1')
})

test('an id of a megabyte is hashed', () => {
  expect(encodeKey({ scope: 's', id: 'x'.repeat(1_000_000) })).toHaveLength(3 + 65)
})

test('what is no key is none the second time either', () => {
  const broken = { scope: 'a', id: undefined as unknown as string }
  encodeKey({ scope: 'a', id: 'b' })
  for (let time = 0; time < 2; time++) expect(() => encodeKey(broken)).toThrow(TypeError)
  expect(encodeKey({ scope: 'a', id: 'b' })).toBe('1:a1:b')
})
