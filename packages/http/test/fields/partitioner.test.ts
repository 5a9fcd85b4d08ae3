import { createHmac } from 'node:crypto'
import { HeadgateError } from '@headgate/core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createPartitioner } from '../../src/fields/partitioner.ts'

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

// RFC 4231, test cases 1 and 6, cut to 16 bytes.
test.each([
  [new Uint8Array(20).fill(0x0b), 'Hi There', 'b0344c61d8db38535ca8afceaf0bf12b'],
  [
    new Uint8Array(131).fill(0xaa),
    'Test Using Larger Than Block-Size Key - Hash Key First',
    '60e431591ee0b67f0d8a26aacbf5b77f',
  ],
])('is HMAC-SHA-256', (secret, key, expected) => {
  expect(hex(createPartitioner(secret)(key))).toBe(expected)
})

test("is the platform's HMAC for any key, in any order", () => {
  const secret = 'a secret of at least 16 bytes'
  const partition = createPartitioner(secret)
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), (key) => {
      const expected = createHmac('sha256', secret).update(key, 'utf8').digest().subarray(0, 16)
      expect(hex(partition(key))).toBe(hex(expected))
    }),
  )
})

test('a change of the secret afterwards changes nothing', () => {
  const secret = new Uint8Array(16).fill(1)
  const partition = createPartitioner(secret)
  const before = hex(partition('user-1'))
  secret.fill(2)
  expect(hex(partition('user-1'))).toBe(before)
})

test.each(['', 'short', 'fifteen bytes..', new Uint8Array(15), null, undefined, 16, {}])(
  'no secret is %j',
  (secret) => {
    expect(() => createPartitioner(secret as string)).toThrow(HeadgateError)
    expect(() => createPartitioner(secret as string)).toThrow(/at least 16 bytes/)
    // The secret itself stands nowhere in the error.
    try {
      createPartitioner(secret as string)
    } catch (error) {
      if (typeof secret === 'string' && secret !== '') expect(String(error)).not.toContain(secret)
      expect((error as HeadgateError).value).not.toBe('short')
    }
  },
)
