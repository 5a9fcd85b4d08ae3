import { type Key, shortId } from '@headgate/core'
import { type Arbitrary, array, constantFrom, oneof, string, tuple } from 'fast-check'

/** Ids that have been trouble somewhere: each stands beside one that a careless store takes for the same. */
const hostileIds = [
  // Redis Cluster's hash tags, what joins parts, what patterns and statements are made of, and names that objects have.
  ...'{} {a} } a}b {a}b {{a}} : a:b a b a/b b/c 1:a 1:a1:b 9: % _ * ? \\ " \' __proto__ constructor toString'.split(
    ' ',
  ),
  // What databases fold: case, accents, numbers, and spaces at the end.
  ...'A a \u00e9 e\u0301 \u00df ss \u0130 i 1 01 1.0 1e0 0x1 null NaN'.split(' '),
  ...[' ', 'a ', ' a', "a'; --"],
  // Where strings and lines end.
  ...['\0', 'a\0', 'a\0b', '\n', 'a\n', 'a\r\n', '\u001f', '\u007f'],
  // What is not well formed, beside what replaces it.
  ...['\ud800', '\udfff', '\ud800a', 'a\udc00', '\ufffd', '\ufeff', '\ufeffa', '\ud83d\ude00', '\ud83d'],
]

const long = 'x'.repeat(127)
const huge = 'y'.repeat(100_000)
const hugeIds = [huge, `${huge}a`, `${huge}b`, `a${huge}`]
/** Around the lengths at which ids are shortened, and what the shortened ones look like. */
const longIds = [
  ...[long, `${long}x`, `${long}xx`, `${long}xy`, `${long}${long}`, `${long}${long}x`],
  ...[shortId(huge), shortId(`${long}xx`), shortId(shortId(huge)), '#', '##', shortId('#')],
]

/** Scopes as limiters make them; some start with others. */
const scopes = ['s', 's/', 's/a', 's/a/a', 'sa', 's/a1', 'S/a'] as const

const ids = oneof(
  { weight: 9, arbitrary: constantFrom(...hostileIds) },
  { weight: 2, arbitrary: constantFrom(...longIds) },
  { weight: 1, arbitrary: constantFrom(...hugeIds) },
  { weight: 2, arbitrary: string({ unit: 'binary', minLength: 1, maxLength: 140 }) },
)

/** A key to be tried. */
export interface HostileKey extends Key {
  /** Whether its id is instead how a store might write the key before it in the list. */
  readonly disguised: boolean
}

const single = tuple(constantFrom(...scopes), ids, constantFrom(false, false, false, false, true)).map(
  ([scope, id, disguised]): HostileKey[] => [{ scope, id, disguised }],
)

/** Keys that are one where scope and id are joined, with or without something between. */
const alike = tuple(
  constantFrom('', '/', ':', '\0'),
  array(constantFrom('a', 's', '1', 'ab', '{'), { minLength: 3, maxLength: 4 }),
).map(([joint, parts]) =>
  parts.slice(1).map((_, i): HostileKey => {
    const [head, tail] = [parts.slice(0, i + 1), parts.slice(i + 1)]
    return { scope: head.join(joint), id: tail.join(joint), disguised: false }
  }),
)

/** At most nine keys, all different. */
export const hostileKeys: Arbitrary<readonly HostileKey[]> = array(
  oneof({ weight: 5, arbitrary: single }, { weight: 1, arbitrary: alike }),
  { minLength: 2, maxLength: 9, size: 'max' },
).map((some) => unique(some.flat()))

function unique(some: readonly HostileKey[]): readonly HostileKey[] {
  const known = new Map(some.map((key) => [JSON.stringify([key.scope, key.id]), key]))
  return [...known.values()].slice(0, 9)
}
