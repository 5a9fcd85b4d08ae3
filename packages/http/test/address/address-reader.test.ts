import { HeadgateError } from '@headgate/core'
import { describe, expect, test } from 'vitest'
import { type AddressOptions, createAddressReader, type Proxies } from '../../src/address/address-reader.ts'

function read(options: AddressOptions, socket: string | undefined, field?: string): string | undefined {
  return createAddressReader(options).read(socket, field)?.key
}

describe('without proxies', () => {
  test('the socket is the client, and the field isn’t asked for', () => {
    const reader = createAddressReader()
    expect(reader.field).toBeUndefined()
    expect(reader.read('::ffff:192.0.2.1', '6.6.6.6')?.key).toBe('192.0.2.1')
    expect(reader.read('2001:db8:1:2:3::4', undefined)?.key).toBe('2001:db8:1:2::/64')
  })

  test('no address of the socket is no client', () => {
    for (const socket of [undefined, '', '/run/headgate.sock', 'unknown']) {
      expect(read({}, socket, '6.6.6.6')).toBeUndefined()
    }
  })

  test('the prefix of IPv6 is an option', () => {
    expect(read({ ipv6Prefix: 56 }, '2001:db8:1:234::1')).toBe('2001:db8:1:200::/56')
    expect(read({ ipv6Prefix: 56, proxies: 1 }, '::1', '2001:db8:1:234::1')).toBe('2001:db8:1:200::/56')
  })
})

describe('a number of proxies', () => {
  test.each<[number, string | undefined, string | undefined, string | undefined]>([
    [1, '10.0.0.1', '192.0.2.7', '192.0.2.7'],
    [1, '10.0.0.1', '6.6.6.6, 192.0.2.7', '192.0.2.7'],
    [2, '10.0.0.1', '6.6.6.6, 192.0.2.7, 10.0.0.2', '192.0.2.7'],
    [3, '10.0.0.1', '192.0.2.7,10.0.0.3 ,\t10.0.0.2', '192.0.2.7'],
    // Fewer than declared: the leftmost there is.
    [3, '10.0.0.1', '192.0.2.7, 10.0.0.2', '192.0.2.7'],
    [1, '10.0.0.1', undefined, '10.0.0.1'],
    [1, '10.0.0.1', '', '10.0.0.1'],
    // An entry that can't be read ends the walk.
    [1, '10.0.0.1', 'unknown', '10.0.0.1'],
    [1, '10.0.0.1', '192.0.2.7,', '10.0.0.1'],
    [2, '10.0.0.1', '192.0.2.7, unknown', '10.0.0.1'],
    [2, '10.0.0.1', '192.0.2.7, , 10.0.0.2', '10.0.0.2'],
    [2, '10.0.0.1', ',10.0.0.2', '10.0.0.2'],
    [2, '10.0.0.1', '010.0.0.1, 10.0.0.2', '10.0.0.2'],
    [1, '10.0.0.1', `${'x'.repeat(300)}192.0.2.7`, '10.0.0.1'],
    [1, '10.0.0.1', `x${' '.repeat(300)}192.0.2.7`, '10.0.0.1'],
    // The nearest proxy is trusted whatever its address is: it may call through a Unix socket.
    [1, undefined, '6.6.6.6, 192.0.2.7', '192.0.2.7'],
    [1, '', '192.0.2.7', '192.0.2.7'],
    [1, undefined, undefined, undefined],
    [1, undefined, 'unknown', undefined],
    [1, '10.0.0.1', '192.0.2.7:4711', '192.0.2.7'],
    [1, '10.0.0.1', '[2001:db8:1:2::1]:4711', '2001:db8:1:2::/64'],
    [1, '10.0.0.1', '::ffff:192.0.2.7', '192.0.2.7'],
  ])('%i: %s calls with %j', (proxies, socket, field, client) => {
    expect(read({ proxies }, socket, field)).toBe(client)
  })
})

describe('the addresses of proxies', () => {
  test.each<[string | undefined, string | undefined, string | undefined]>([
    ['10.0.0.1', '6.6.6.6, 192.0.2.7, 10.0.0.2', '192.0.2.7'],
    ['::ffff:10.0.0.1', '192.0.2.7, ::ffff:10.0.0.2, fd00::1', '192.0.2.7'],
    ['192.0.2.9', '6.6.6.6, 10.0.0.2', '192.0.2.9'],
    ['10.0.0.1', undefined, '10.0.0.1'],
    ['10.0.0.1', '10.0.0.3, 10.0.0.2', '10.0.0.3'],
    ['10.0.0.1', '192.0.2.7, unknown, 10.0.0.2', '10.0.0.2'],
    ['10.0.0.1', '__proto__', '10.0.0.1'],
    // Nobody knows who calls.
    [undefined, '192.0.2.7', undefined],
    ['', '192.0.2.7', undefined],
  ])('%s calls with %j', (socket, field, client) => {
    expect(read({ proxies: ['10.0.0.0/8', 'fd00::/8'] }, socket, field)).toBe(client)
  })

  test('none in an empty list', () => {
    expect(read({ proxies: [] }, '10.0.0.1', '192.0.2.7')).toBe('10.0.0.1')
  })

  test('the walk is bounded', () => {
    const field = `192.0.2.7, ${Array(31).fill('10.0.0.2').join(', ')}`
    expect(read({ proxies: ['10.0.0.0/8'] }, '10.0.0.1', field)).toBe('192.0.2.7')
    expect(read({ proxies: ['10.0.0.0/8'] }, '10.0.0.1', `${field}, 10.0.0.3`)).toBe('10.0.0.2')
  })
})

describe('Forwarded', () => {
  test('is the field to pass', () => {
    expect(createAddressReader({ proxies: 1, forwarded: 'forwarded' }).field).toBe('forwarded')
    expect(createAddressReader({ proxies: 1 }).field).toBe('x-forwarded-for')
  })

  test.each([
    ['for=192.0.2.7', '192.0.2.7'],
    ['FOR=192.0.2.7', '192.0.2.7'],
    ['for="192.0.2.7"', '192.0.2.7'],
    ['for="192.0.2.7:4711"', '192.0.2.7'],
    ['for="192.0.2.7:_port"', '192.0.2.7'],
    ['For="[2001:db8:1:2::17]:4711"', '2001:db8:1:2::/64'],
    ['for="[2001:db8:1:2::17]"', '2001:db8:1:2::/64'],
    ['for="\\1\\92.0.2.7"', '192.0.2.7'],
    ['for=192.0.2.7;proto=http;by=203.0.113.43', '192.0.2.7'],
    ['proto=http;by=203.0.113.43;for=192.0.2.7', '192.0.2.7'],
    ['for=192.0.2.7; proto=http ; by=203.0.113.43', '192.0.2.7'],
    [';;for=192.0.2.7;', '192.0.2.7'],
    ['for=6.6.6.6, for=192.0.2.7', '192.0.2.7'],
    ['for=6.6.6.6,for=192.0.2.7', '192.0.2.7'],
    ['for=6.6.6.6 ,\t for=192.0.2.7 ', '192.0.2.7'],
    ['for=192.0.2.7;host="a,for=6.6.6.6"', '192.0.2.7'],
    ['for=192.0.2.7;host="a\\",for=6.6.6.6"', '192.0.2.7'],
    ['for=192.0.2.7;host="a\\\\"', '192.0.2.7'],
    ['for=192.0.2.7;host="for=6.6.6.6;"', '192.0.2.7'],
    // A quote that the client left open.
    ['for="6.6.6.6, for=192.0.2.7', '192.0.2.7'],
    ['for="6.6.6.6\\, for="192.0.2.7"', '192.0.2.7'],
    // Not in quotes as it should be, but plain enough.
    ['for=192.0.2.7:4711', '192.0.2.7'],
    ['for=[2001:db8:1:2::17]:4711', '2001:db8:1:2::/64'],
    ['for=2001:db8:1:2::17', '2001:db8:1:2::/64'],
    // What can't be read leaves the proxy that wrote it.
    ['', '10.0.0.1'],
    ['for=unknown', '10.0.0.1'],
    ['for=_gazonk', '10.0.0.1'],
    ['for="_gazonk:80"', '10.0.0.1'],
    ['for=', '10.0.0.1'],
    ['for=""', '10.0.0.1'],
    ['192.0.2.7', '10.0.0.1'],
    ['by=192.0.2.7', '10.0.0.1'],
    ['for=192.0.2.7;for=192.0.2.8', '10.0.0.1'],
    ['for=192.0.2.7;For=192.0.2.7', '10.0.0.1'],
    ['for=unknown;for=192.0.2.7', '10.0.0.1'],
    ['for=192.0.2.7;proto', '10.0.0.1'],
    ['for = 192.0.2.7', '10.0.0.1'],
    ['for=192.0.2.7 proto=http', '10.0.0.1'],
    ['for="192.0.2.7"x', '10.0.0.1'],
    ['for=192.0.2.7;host="a', '10.0.0.1'],
    ['for=192.0.2.7"', '10.0.0.1'],
    ["for='192.0.2.7'", '10.0.0.1'],
    ['for="192.0.2.7, for=192.0.2.8"', '10.0.0.1'],
    ['xfor=192.0.2.7', '10.0.0.1'],
    ['for=192.0.2.7,', '10.0.0.1'],
  ])('%s', (field, client) => {
    expect(read({ proxies: 1, forwarded: 'forwarded' }, '10.0.0.1', field)).toBe(client)
  })

  test('an open quote of the client takes no part of what proxies wrote', () => {
    const options = { proxies: ['10.0.0.0/8'], forwarded: 'forwarded' } as const
    expect(read(options, '10.0.0.1', 'for=192.0.2.7;by="x, for="10.0.0.2"')).toBe('10.0.0.2')
    expect(read(options, '10.0.0.1', 'for=192.0.2.7;by="x", for="10.0.0.2"')).toBe('192.0.2.7')
  })
})

describe('refuses', () => {
  test.each<[unknown]>([
    [true],
    [false],
    [0],
    [-1],
    [1.5],
    [33],
    [Number.NaN],
    ['1'],
    ['10.0.0.0/8'],
    [null],
    [{}],
  ])('proxies: %j', (proxies) => {
    expect(() => createAddressReader({ proxies: proxies as Proxies })).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION', option: 'proxies', value: proxies }),
    )
  })

  test('networks that aren’t, with the fix', () => {
    expect(() => createAddressReader({ proxies: ['10.0.0.1/8'] })).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION', option: 'proxies', value: '10.0.0.1/8' }),
    )
    expect(() => createAddressReader({ proxies: [''] })).toThrow(HeadgateError)
  })

  test.each([0, 31, 129, 64.5, Number.NaN, '64', null])('ipv6Prefix: %j', (ipv6Prefix) => {
    expect(() => createAddressReader({ ipv6Prefix: ipv6Prefix as number })).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION', option: 'ipv6Prefix', value: ipv6Prefix }),
    )
  })

  test.each(['x-real-ip', 'Forwarded', '__proto__', 'toString', '', null, 1])(
    'forwarded: %j',
    (forwarded) => {
      expect(() => createAddressReader({ proxies: 1, forwarded: forwarded as 'forwarded' })).toThrow(
        expect.objectContaining({ code: 'INVALID_OPTION', option: 'forwarded', value: forwarded }),
      )
    },
  )

  test('a field that no declared proxy writes', () => {
    expect(() => createAddressReader({ forwarded: 'forwarded' })).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION', option: 'forwarded' }),
    )
  })
})
