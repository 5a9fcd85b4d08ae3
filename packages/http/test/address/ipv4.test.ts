import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isSystemIPv4 } from '../../src/address/ipv4.ts'
import { ipv4, ipv6Groups, RUNS, spellingsOfIPv6 } from './arbitraries.ts'

test('every IPv4 address is told from every spelling of an IPv6 address', () => {
  fc.assert(
    fc.property(ipv4, (text) => {
      expect(isSystemIPv4(text)).toBe(true)
    }),
    { numRuns: RUNS },
  )
  fc.assert(
    fc.property(ipv6Groups.chain(spellingsOfIPv6), (text) => {
      expect(isSystemIPv4(text)).toBe(false)
    }),
    { numRuns: RUNS },
  )
})

test.each(['::1.2.3.4', '::ffff:1.2.3.4', '1::1.2.3.4', '', '1', '::'])('%j is none', (text) => {
  expect(isSystemIPv4(text)).toBe(false)
})
