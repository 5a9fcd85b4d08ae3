import fc from 'fast-check'

/** How often each law is tried. */
export const RUNS = 10_000

const octet = fc.oneof(fc.constantFrom(0, 1, 9, 10, 99, 100, 255), fc.nat(255))
const group = fc.oneof(
  { weight: 3, arbitrary: fc.constant(0) },
  fc.constantFrom(1, 0xf, 0x10, 0xff, 0xffff),
  fc.nat(0xffff),
)

/** Four bytes of an address. */
export const ipv4 = fc.tuple(octet, octet, octet, octet).map((bytes) => bytes.join('.'))

/** Eight groups of an address that isn't IPv4-mapped; zeros are common, so that there is much to shorten. */
export const ipv6Groups = fc
  .array(group, { minLength: 8, maxLength: 8 })
  .filter((groups) => groups.slice(0, 5).some((g) => g !== 0) || groups[5] !== 0xffff)

/** An address written out. */
const ipv6 = ipv6Groups.map(plainly)

export function plainly(groups: readonly number[]): string {
  return groups.map((g) => g.toString(16)).join(':')
}

const upper = fc.boolean()
const port = fc.oneof(fc.nat(65_535).map(String), fc.constant('_hidden'))
const zone = fc.constantFrom('', '', '%eth0', '%25', '%br-lan.100')

/** Every way to write an IPv4 address that means it to everyone. */
export function spellingsOfIPv4(address: string): fc.Arbitrary<string> {
  const [a = 0, b = 0, c = 0, d = 0] = address.split('.').map(Number)
  const mapped = [0, 0, 0, 0, 0, 0xffff, a * 256 + b, c * 256 + d]
  return fc.oneof(
    fc.constant(address),
    port.map((p) => `${address}:${p}`),
    spellingsOfIPv6(mapped),
  )
}

/** Every way to write an IPv6 address: groups padded or not, any run of zeros left out, the end as IPv4, a zone, brackets, a port. */
export function spellingsOfIPv6(groups: readonly number[]): fc.Arbitrary<string> {
  const shape = fc.record({
    upper,
    zone,
    pads: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 8, maxLength: 8 }),
    dotted: fc.boolean(),
    gap: fc.tuple(fc.nat(7), fc.nat(8)),
    around: fc.oneof(
      fc.constant('bare'),
      fc.constant('brackets'),
      port.map((p) => `:${p}`),
    ),
  })
  return shape.map(({ upper, zone, pads, dotted, gap: [from, length], around }) => {
    const words = groups.map((g, i) => g.toString(16).padStart(pads[i] ?? 1, '0'))
    if (dotted) {
      const bytes = groups.slice(6).flatMap((g) => [g >> 8, g & 255])
      words.splice(6, 2, bytes.join('.'))
    }
    let to = from
    while (to < from + length && to < (dotted ? 6 : 8) && groups[to] === 0) to++
    const text =
      to > from ? `${words.slice(0, from).join(':')}::${words.slice(to).join(':')}` : words.join(':')
    const cased = (upper ? text.toUpperCase() : text) + zone
    if (around === 'bare') return cased
    return around === 'brackets' ? `[${cased}]` : `[${cased}]${around}`
  })
}

/** Strings of the characters that addresses are made of, and addresses with one mistake. */
export const nearly: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: fc.constantFrom(...'0012259afF:::...x[]%/ '), maxLength: 24 }),
  fc
    .tuple(
      fc.oneof(ipv4, ipv6, ipv6Groups.chain(spellingsOfIPv6)),
      fc.nat(40),
      fc.constantFrom('', ...'0.:g%[]/ -'),
    )
    .map(([text, at, c]) => text.slice(0, at) + c + text.slice(at + 1)),
  fc
    .tuple(fc.oneof(ipv4, ipv6, ipv6Groups.chain(spellingsOfIPv6)), fc.nat(40), fc.constantFrom(...'0.:1f'))
    .map(([text, at, c]) => text.slice(0, at) + c + text.slice(at)),
)

/** What no proxy would write. */
export const hostile: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.string({ unit: fc.nat(0xffff).map((code) => String.fromCharCode(code)), maxLength: 60 }),
  nearly,
  fc.string({ unit: fc.constantFrom(...'"\\,;=: \tfor_.1[]'), maxLength: 40 }),
  fc.constantFrom(
    '',
    ',',
    ',,,,',
    '\0',
    '192.0.2.1\0',
    '192.0.2.1\r\nSet-Cookie: a=b',
    '__proto__',
    'constructor',
    'toString',
    'unknown',
    '_x',
    'for="',
    'for="\\',
    'for=192.0.2.1;by="',
    '"',
    '\\"',
    '١٢٧.٠.٠.١',
    '127.0.0.1',
    'localhost',
    '2130706433',
    '0x7f.1',
  ),
)

/** As long as a server lets pass, and longer. */
export const huge: readonly string[] = [
  'x'.repeat(65_536),
  '1'.repeat(65_536),
  ':'.repeat(65_536),
  '"'.repeat(65_536),
  '\\'.repeat(65_535),
  '10.0.0.1,'.repeat(7_000),
]
