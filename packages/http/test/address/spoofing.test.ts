import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type AddressReader, createAddressReader } from '../../src/address/address-reader.ts'
import { hostile, huge, ipv4, ipv6Groups, RUNS, spellingsOfIPv4, spellingsOfIPv6 } from './arbitraries.ts'

const KEY = /^(?:\d+\.\d+\.\d+\.\d+|[0-9a-f:]+\/64)$/

/** What a client may write. */
const forged = fc.oneof({ weight: 99, arbitrary: hostile }, fc.constantFrom(...huge))

const PROXIES = ['10.0.0.0/8', 'fd00::/8']
const proxy = fc.oneof(
  ipv4.map((text) => text.replace(/^\d+/, '10')).chain(spellingsOfIPv4),
  ipv6Groups.map((groups) => groups.with(0, 0xfd00)).chain(spellingsOfIPv6),
)
const client = fc
  .oneof(ipv4.chain(spellingsOfIPv4), ipv6Groups.chain(spellingsOfIPv6))
  .filter((text) => createAddressReader({ proxies: PROXIES }).read(text, '6.6.6.6')?.text !== '6.6.6.6')

/** An element of Forwarded that says the address, as a proxy might that also tells what the client calls the host. */
function element(address: string): fc.Arbitrary<string> {
  const host = fc.string({ unit: fc.constantFrom(...'a",;=\\ \t[]:'), maxLength: 12 })
  const quoted = fc
    .oneof(host, hostile)
    .map((text) => `"${text.replace(/[^\t -~]/g, '').replace(/["\\]/g, '\\$&')}"`)
  return fc
    .tuple(fc.constantFrom('for', 'For', 'FOR'), fc.option(quoted), fc.boolean())
    .map(([name, host, first]) => {
      const said = `${name}="${address}"`
      if (host === null) return said
      return first ? `host=${host};${said}` : `${said};proto=https;host=${host}`
    })
}

describe.each([
  ['x-forwarded-for', (address: string) => fc.constant(address)],
  ['forwarded', element],
] as const)('%s: what stands left of what the proxies wrote changes nothing', (forwarded, write) => {
  /** What the proxies wrote: the client, then each proxy but the last, which is the socket. */
  const written = fc
    .tuple(client, fc.array(proxy, { maxLength: 3 }), proxy)
    .chain(([from, through, socket]) =>
      fc.record({
        from: fc.constant(from),
        hops: fc.constant(through.length + 1),
        socket: fc.constant(socket),
        suffix: fc.tuple(...[from, ...through].map(write)).map((entries) => entries.join(', ')),
      }),
    )

  test.each<[string, (hops: number) => AddressReader]>([
    ['a number of proxies', (proxies) => createAddressReader({ proxies, forwarded })],
    ['their addresses', () => createAddressReader({ proxies: PROXIES, forwarded })],
  ])('%s', (_, readerFor) => {
    fc.assert(
      fc.property(written, forged, ({ from, hops, socket, suffix }, prefix) => {
        const reader = readerFor(hops)
        const expected = createAddressReader().read(from, undefined)
        expect(expected).toBeDefined()
        expect(reader.read(socket, suffix)).toEqual(expected)
        expect(reader.read(socket, `${prefix}, ${suffix}`)).toEqual(expected)
      }),
      { numRuns: RUNS },
    )
  })

  test('whatever the field holds, the client has the key of an address', () => {
    const any = fc.array(fc.oneof(forged, proxy.chain(write), client.chain(write)), { maxLength: 5 })
    const readers = [
      createAddressReader({ proxies: 2, forwarded }),
      createAddressReader({ proxies: PROXIES, forwarded }),
    ]
    fc.assert(
      fc.property(fc.oneof(proxy, hostile), any, (socket, entries) => {
        for (const reader of readers) {
          const address = reader.read(socket, entries.join(', '))
          if (address !== undefined) expect(address.key).toMatch(KEY)
        }
      }),
      { numRuns: RUNS },
    )
  })

  test('an entry that can’t be read never becomes a key', () => {
    const reader = createAddressReader({ proxies: 2, forwarded })
    fc.assert(
      fc.property(hostile, (entry) => {
        fc.pre(createAddressReader({ proxies: 1, forwarded }).read(undefined, entry) === undefined)
        const last = forwarded === 'forwarded' ? 'for=10.0.0.2' : '10.0.0.2'
        expect(reader.read('10.0.0.1', `${entry}, ${last}`)?.key).toBe('10.0.0.2')
      }),
    )
  })
})

describe('a field of 64 KB', () => {
  const readers = [
    createAddressReader({ proxies: 1 }),
    createAddressReader({ proxies: PROXIES }),
    createAddressReader({ proxies: 1, forwarded: 'forwarded' }),
    createAddressReader({ proxies: PROXIES, forwarded: 'forwarded' }),
  ]

  test('is not kept in memory by a key', () => {
    setFlagsFromString('--expose-gc')
    const gc: () => void = runInNewContext('gc')
    gc()
    const before = process.memoryUsage().heapUsed
    const keys = new Set<string>()
    for (let i = 0; i < 1_000; i++) {
      for (const reader of readers) {
        const address = `100.100.${100 + (i >> 8)}.${i & 255}`
        const last = reader.field === 'forwarded' ? `for="${address}:4711"` : address
        // Made anew each time, as a server reads it.
        const field = Buffer.from(`${'6.6.6.6, '.repeat(7_280)}${last}`).toString('latin1')
        keys.add(reader.read('10.0.0.1', field)?.key ?? '')
      }
    }
    gc()
    expect(keys.size).toBe(1_000)
    // The fields were 262 MB.
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(30_000_000)
  })

  test('costs no more than its last entries', () => {
    const started = performance.now()
    for (let i = 0; i < 5_000; i++) {
      for (const reader of readers) {
        reader.read('10.0.0.1', reader.field === 'forwarded' ? LONG_FORWARDED : LONG_LIST)
      }
    }
    // Some 20 ms; to split them all would take more than 5 s.
    expect(performance.now() - started).toBeLessThan(2_000)
  })

  test.each([
    '10.0.0.1,',
    'for=10.0.0.1,',
    'for=10.0.0.1;',
    'for="10.0.0.1",',
    'a="b";',
    'a="\\"",',
    'x',
    '1',
    '1.',
    ':',
    '0:',
    '[',
    '%',
    '=',
    'a=',
    ' ',
    ',',
    ';',
    '"',
    '\\',
    '\\"',
    '\\\\"',
    '","',
    '=",',
  ])('of %j is read in a time that grows with its length', (unit) => {
    const field = unit.repeat(65_536 / unit.length)
    const started = performance.now()
    for (const reader of readers) {
      for (const end of ['', '10.0.0.2', 'for=10.0.0.2', '"', 'for="', '=x']) {
        reader.read('10.0.0.1', end + field)
        reader.read('10.0.0.1', field + end)
      }
    }
    // A time that grows with the square would be minutes.
    expect(performance.now() - started).toBeLessThan(5_000)
  })
})

const LONG_LIST = `${'6.6.6.6, '.repeat(7_280)}192.0.2.7`
const LONG_FORWARDED = `${'for=6.6.6.6, '.repeat(5_040)}for=192.0.2.7`
