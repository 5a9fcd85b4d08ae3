import { BlockList } from 'node:net'
import { HeadgateError } from '@headgate/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseAddress } from '../../src/address/address.ts'
import { createAddressList } from '../../src/address/address-list.ts'
import { ipv4, ipv6Groups, plainly, RUNS } from './arbitraries.ts'

function has(ranges: readonly string[], text: string): boolean {
  const address = parseAddress(text)
  if (address === undefined) throw new Error(`${text} is no address`)
  return createAddressList(ranges, 'allow').has(address)
}

describe('holds', () => {
  test.each([
    [
      '10.0.0.0/8',
      ['10.0.0.0', '10.255.255.255', '::ffff:10.1.2.3'],
      ['9.255.255.255', '11.0.0.0', '::10.1.2.3'],
    ],
    ['192.0.2.7', ['192.0.2.7'], ['192.0.2.6', '192.0.2.8']],
    ['192.0.2.6/31', ['192.0.2.6', '192.0.2.7'], ['192.0.2.5', '192.0.2.8']],
    ['0.0.0.0/0', ['0.0.0.0', '255.255.255.255'], ['::', 'ffff::']],
    ['::/0', ['::', 'ffff::'], ['0.0.0.0', '::ffff:192.0.2.1']],
    ['fd00::/8', ['fd00::', 'fdff:ffff::1'], ['fc00::', 'fe00::']],
    ['2001:db8::1', ['2001:DB8::1', '2001:db8::1%eth0'], ['2001:db8::', '2001:db8::2']],
    ['2001:db8::/33', ['2001:db8:7fff::'], ['2001:db8:8000::']],
    ['::ffff:10.0.0.0/104', ['10.9.9.9'], ['11.0.0.0']],
    ['::ffff:192.0.2.7', ['192.0.2.7'], ['192.0.2.8']],
  ])('%s', (range, inside, outside) => {
    for (const text of inside) expect(has([range], text), text).toBe(true)
    for (const text of outside) expect(has([range], text), text).toBe(false)
  })

  test('nothing, when it is empty', () => {
    expect(has([], '192.0.2.1')).toBe(false)
  })
})

describe('refuses', () => {
  test.each([
    '',
    ' ',
    '10.0.0.0/33',
    '10.0.0.0/',
    '10.0.0.0/08',
    '10.0.0.0/-1',
    '10.0.0.0/8.0',
    '10.0.0.0/255.0.0.0',
    '10.0.0.0 /8',
    ' 10.0.0.0/8',
    '10.0.0.0/8\n',
    '10/8',
    '010.0.0.0/8',
    '10.0.0.1:80',
    '::1/129',
    '[::1]',
    '[::1]:80',
    'fe80::1%eth0',
    '::ffff:0.0.0.0/95',
    'loopback',
    '*',
    'x'.repeat(100_000),
    undefined,
    null,
    7,
    {},
  ])('%j', (range) => {
    expect(() => createAddressList(['192.0.2.1', range as string], 'deny')).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION', option: 'deny', value: range }),
    )
  })

  test.each([
    ['10.1.2.3/8', 'Write "10.0.0.0/8" for the network, or "10.1.2.3" for the address alone'],
    ['255.255.255.255/0', 'Write "0.0.0.0/0" for the network, or "255.255.255.255" for the address alone'],
    ['2001:db8::1/64', 'Write "2001:db8::/64" for the network, or "2001:db8::1" for the address alone'],
    ['::ffff:10.1.2.3/104', 'Write "10.0.0.0/8" for the network, or "10.1.2.3" for the address alone'],
  ])('%s, and says what may have been meant', (range, fix) => {
    expect(() => createAddressList([range], 'deny')).toThrow(expect.objectContaining({ fix }))
  })

  test('what isn’t a list, a hole in one, and a text that is one', () => {
    for (const ranges of ['10.0.0.0/8', undefined, null, 1, {}, new Array(1)]) {
      expect(() => createAddressList(ranges as string[], 'deny')).toThrow(HeadgateError)
    }
  })
})

test('agrees with Node’s BlockList', () => {
  const networks = fc.array(
    fc.oneof(
      fc.tuple(ipv4, fc.integer({ min: 0, max: 32 })).map(([text, prefix]) => cut(text, prefix)),
      fc.tuple(ipv6Groups.map(plainly), fc.integer({ min: 0, max: 128 })).map(([text, p]) => cut(text, p)),
    ),
    { maxLength: 8 },
  )
  /** Addresses of all kinds, and those at the edges of the networks and right beyond. */
  const asked = fc.tuple(networks, fc.array(fc.oneof(ipv4, ipv6Groups.map(plainly)), { maxLength: 4 }))
  const answers = { true: 0, false: 0 }
  fc.assert(
    fc.property(asked, ([ranges, others]) => {
      // One for each version: what Node says of an IPv4 address and an IPv6 network isn't asked.
      const blocks = { ipv4: new BlockList(), ipv6: new BlockList() }
      for (const { base, prefix, type } of ranges) blocks[type].addSubnet(base, prefix, type)
      const list = createAddressList(
        ranges.map(({ base, prefix }) => `${base}/${prefix}`),
        'allow',
      )
      for (const text of [...others, ...ranges.flatMap(edges)]) {
        const address = parseAddress(text)
        if (address === undefined) throw new Error(text)
        const type = address.version === 4 ? 'ipv4' : 'ipv6'
        const expected = blocks[type].check(address.text, type)
        answers[`${expected}`]++
        expect(list.has(address), text).toBe(expected)
      }
    }),
    { numRuns: RUNS / 2 },
  )
  expect(Math.min(answers.true, answers.false)).toBeGreaterThan(RUNS / 10)
})

interface Network {
  readonly base: string
  readonly prefix: number
  readonly type: 'ipv4' | 'ipv6'
}

/** The network of an address, worked out with big integers. */
function cut(text: string, prefix: number): Network {
  const type = text.includes(':') ? 'ipv6' : 'ipv4'
  const unused = BigInt((type === 'ipv4' ? 32 : 128) - prefix)
  return { base: toText((toBits(text) >> unused) << unused, type), prefix, type }
}

function edges({ base, prefix, type }: Network): string[] {
  const width = type === 'ipv4' ? 32 : 128
  const first = toBits(base)
  const last = first + (1n << BigInt(width - prefix)) - 1n
  return [first, last, first - 1n, last + 1n]
    .filter((bits) => bits >= 0n && bits < 1n << BigInt(width))
    .map((bits) => toText(bits, type))
}

function toBits(text: string): bigint {
  if (!text.includes(':')) return text.split('.').reduce((bits, byte) => bits * 256n + BigInt(byte), 0n)
  return text.split(':').reduce((bits, group) => bits * 65_536n + BigInt(`0x${group}`), 0n)
}

function toText(bits: bigint, type: Network['type']): string {
  const hex = bits.toString(16).padStart(type === 'ipv4' ? 8 : 32, '0')
  return type === 'ipv4'
    ? (hex.match(/../g) ?? []).map((byte) => Number.parseInt(byte, 16)).join('.')
    : (hex.match(/..../g) ?? []).join(':')
}
