import { isIP } from 'node:net'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseAddress } from '../../src/address/address.ts'
import {
  hostile,
  huge,
  ipv4,
  ipv6Groups,
  nearly,
  plainly,
  RUNS,
  spellingsOfIPv4,
  spellingsOfIPv6,
} from './arbitraries.ts'

describe('reads', () => {
  test.each([
    ['192.0.2.1', '192.0.2.1', '192.0.2.1'],
    ['0.0.0.0', '0.0.0.0', '0.0.0.0'],
    ['255.255.255.255', '255.255.255.255', '255.255.255.255'],
    ['192.0.2.1:4711', '192.0.2.1', '192.0.2.1'],
    ['192.0.2.1:_port', '192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1', '192.0.2.1'],
    ['::FFFF:c000:201', '192.0.2.1', '192.0.2.1'],
    ['0:0:0:0:0:ffff:192.0.2.1', '192.0.2.1', '192.0.2.1'],
    ['[::ffff:192.0.2.1]:80', '192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1%eth0', '192.0.2.1', '192.0.2.1'],
    ['::', '::', '::/64'],
    ['::1', '::1', '::/64'],
    ['1::', '1::', '1::/64'],
    ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0', '1:2:3:4::/64'],
    ['::2:3:4:5:6:7:8', '0:2:3:4:5:6:7:8', '0:2:3:4::/64'],
    ['2001:DB8:1:2:3:4:5:6', '2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:0db8:0:0:0001:0:0:0001', '2001:db8::1:0:0:1', '2001:db8::/64'],
    ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1', '2001:0:0:1::/64'],
    ['[2001:db8::1]', '2001:db8::1', '2001:db8::/64'],
    ['[2001:db8::1]:443', '2001:db8::1', '2001:db8::/64'],
    ['[fe80::1%eth0]:443', 'fe80::1', 'fe80::/64'],
    ['fe80::1%eth0', 'fe80::1', 'fe80::/64'],
    // Other addresses with an IPv4 address inside stay as they are.
    ['64:ff9b::192.0.2.1', '64:ff9b::c000:201', '64:ff9b::/64'],
    ['2002:c000:201::1', '2002:c000:201::1', '2002:c000:201::/64'],
    ['::192.0.2.1', '::c000:201', '::/64'],
    ['::ffff:0:192.0.2.1', '::ffff:0:c000:201', '::/64'],
  ])('%s', (written, text, key) => {
    expect(parseAddress(written)).toMatchObject({ version: text.includes(':') ? 6 : 4, text, key })
  })

  test.each([
    [32, '2001:db8::/32'],
    [48, '2001:db8:1234::/48'],
    [56, '2001:db8:1234:5600::/56'],
    [57, '2001:db8:1234:5600::/57'],
    [63, '2001:db8:1234:5678::/63'],
    [65, '2001:db8:1234:5678:8000::/65'],
    [127, '2001:db8:1234:5678:ffff::2/127'],
    [128, '2001:db8:1234:5678:ffff::3/128'],
  ])('a key of %i bits', (prefix, key) => {
    expect(parseAddress('2001:db8:1234:5678:ffff::3', prefix)?.key).toBe(key)
    expect(parseAddress('192.0.2.1', prefix)?.key).toBe('192.0.2.1')
  })
})

test.each([
  '',
  ' ',
  ' 192.0.2.1',
  '192.0.2.1 ',
  '010.0.0.1',
  '10.0.0.01',
  '0x7f.0.0.1',
  '0x7f.1',
  '127.1',
  '127.0.1',
  '2130706433',
  '00.0.0.0',
  '256.0.0.1',
  '1.2.3.4.5',
  '1.2.3.',
  '.1.2.3',
  '1..2.3',
  '1.2.3.-4',
  '+1.2.3.4',
  '1.2.3.4:',
  '1.2.3.4:x',
  '1.2.3.4:123456',
  '1.2.3.4:80:80',
  '1.2.3.4%eth0',
  '[1.2.3.4]',
  '[1.2.3.4]:80',
  '1.2.3.4/32',
  '1.2.3.4\0',
  '1.2.3.4\n',
  '١.٢.٣.٤',
  ':',
  ':::',
  '1:',
  ':1',
  '1:2:3:4:5:6:7',
  '1:2:3:4:5:6:7:8:9',
  '1:2:3:4:5:6:7:8:',
  '1:2:3:4:5:6:7:8::',
  '::1:2:3:4:5:6:7:8',
  '1:2:3:4::5:6:7:8',
  '::1:2:3:4:5:6:7:8:9',
  '1::2:3:4:5:6:7:8:9',
  '::1:2:3:4:5:6:7:1.2.3.4',
  '::1:2:3:4:5:6:1.2.3.4',
  '1::2::3',
  '1:::2',
  '12345::',
  '::g',
  '::ffff:010.0.0.1',
  '::ffff:127.1',
  '::ffff:0x7f.0.0.1',
  '1:2:3:4:5:6:7:1.2.3.4',
  '::1.2.3.4:5',
  '::1.2.3.4::',
  '::1%',
  '::1%a b',
  '::1%a%b',
  '[::1',
  '::1]',
  '[::1]x',
  '[::1]:',
  '[::1]:x',
  '[[::1]]',
  '[]',
  'unknown',
  '_hidden',
  'localhost',
  '__proto__',
])('refuses %j', (text) => {
  expect(parseAddress(text)).toBeUndefined()
})

test('agrees with the operating system about what an address is', () => {
  let valid = 0
  fc.assert(
    fc.property(nearly, (text) => {
      // Brackets, ports and zones are ours to read.
      fc.pre(!/[[\]%]|^[\d.]+:/.test(text))
      if (isIP(text) !== 0) valid++
      expect(parseAddress(text) !== undefined, text).toBe(isIP(text) !== 0)
    }),
    { numRuns: RUNS },
  )
  expect(valid).toBeGreaterThan(RUNS / 20)
})

test('writes IPv6 as URLs do', () => {
  fc.assert(
    fc.property(ipv6Groups, (groups) => {
      const { hostname } = new URL(`http://[${plainly(groups)}]/`)
      expect(`[${parseAddress(plainly(groups))?.text}]`).toBe(hostname)
    }),
    { numRuns: RUNS },
  )
})

test('all spellings of an address are one address', () => {
  const spelled = fc.oneof(
    ipv4.chain((text) => fc.tuple(fc.constant(text), spellingsOfIPv4(text))),
    ipv6Groups.chain((groups) => fc.tuple(fc.constant(plainly(groups)), spellingsOfIPv6(groups))),
  )
  fc.assert(
    fc.property(spelled, fc.integer({ min: 32, max: 128 }), ([plain, other], prefix) => {
      const address = parseAddress(plain, prefix)
      expect(address).toBeDefined()
      expect(parseAddress(other, prefix), other).toEqual(address)
    }),
    { numRuns: RUNS },
  )
})

test('two addresses share a key if, and only if, they share the network', () => {
  const bits = (groups: readonly number[]): bigint => groups.reduce((all, g) => (all << 16n) | BigInt(g), 0n)
  const pair = fc.tuple(ipv6Groups, fc.nat(127), fc.boolean()).map(([groups, bit, same]) => {
    const flipped = groups.with(bit >> 4, (groups[bit >> 4] ?? 0) ^ (0x8000 >> (bit & 15)))
    return [groups, same ? groups : flipped] as const
  })
  fc.assert(
    fc.property(pair, fc.integer({ min: 32, max: 128 }), ([a, b], prefix) => {
      const shift = BigInt(128 - prefix)
      // The flipped bit may have made it an IPv4-mapped one, whose key is never a network.
      const keys = [a, b].map((groups) => parseAddress(plainly(groups), prefix)?.key)
      expect(keys[0] === keys[1]).toBe(bits(a) >> shift === bits(b) >> shift && !keys[1]?.includes('.'))
    }),
    { numRuns: RUNS },
  )
  fc.assert(
    fc.property(ipv4, ipv4, (a, b) => {
      expect(parseAddress(a)?.key === parseAddress(b)?.key).toBe(a === b)
    }),
    { numRuns: RUNS },
  )
})

test('whatever it is given, it answers, and a key holds nothing but an address', () => {
  fc.assert(
    fc.property(fc.oneof({ weight: 99, arbitrary: hostile }, fc.constantFrom(...huge)), (text) => {
      const address = parseAddress(text)
      if (address === undefined) return
      expect(address.key).toMatch(/^[0-9a-f.:]+(\/64)?$/)
      expect(isIP(address.text)).toBe(address.version)
    }),
    { numRuns: RUNS },
  )
})
