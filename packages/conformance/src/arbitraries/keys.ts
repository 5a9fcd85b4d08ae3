import { encodeKey, type Key, shortId } from '@headgate/core'
import { type Arbitrary, array, constantFrom, oneof, string, tuple } from 'fast-check'

/** Ids that have been trouble somewhere: each stands beside one that a careless store takes for the same. */
const hostileIds = [
  // Redis Cluster's hash tags, what joins parts, what patterns, paths and statements are made of, and names that objects have.
  ...'{ {} {a} } }{ }} a}b {a}b {{a}} a}s : :a a:b a b a/b b/c .. ./a 1:a 1:a1:b 9: % %61 _ * ? [a] \\ " \''.split(
    ' ',
  ),
  ...'__proto__ constructor toString hasOwnProperty NULL ","'.split(' '),
  // What databases fold: case, accents, widths, numbers, and spaces at the end.
  ...'A \u00e9 e\u0301 E\u0301 \u00c5 \u212b \u00df ss SS \u0130 i I \u0131 \u03c3 \u03c2 \ufb01 fi \uff41 1 01 1.0 1e0 0x1 null NaN'.split(
    ' ',
  ),
  ...[' ', 'a ', ' a', 'a\u00a0', 'a\u00ad', 'a\u200d', "a'; DROP TABLE a; --"],
  // Where strings and lines end.
  ...['\0', 'a\0', 'a\0b', '\n', 'a\n', 'a\r\n', '\u001f', '\u007f'],
  // What is not well formed, beside what replaces it.
  ...['\ud800', '\udfff', '\ud800a', 'a\udc00', '\udc00\ud800', '\ufffd', '\ufffda', '\ufeff', '\ufeffa'],
  ...['\ud83d\ude00', '\ud83d'],
]

const long = 'x'.repeat(127)
const huge = 'y'.repeat(100_000)
const hugeIds = [huge, `${huge}a`, `${huge}b`, `a${huge}`]
/** Around the lengths at which ids are shortened, and what the shortened ones look like. */
const longIds = [
  ...[long, `${long}x`, `${long}xx`, `${long}xy`, `${long}${long}`, `${long}${long}x`],
  // Of three bytes each in UTF-8.
  '\uffff'.repeat(128),
  ...[shortId(huge), shortId(`${long}xx`), shortId(shortId(huge)), '#', '##', shortId('#')],
]

/** Scopes as limiters make them; some start with others. */
const scopes = ['s', 's/', 's/a', 's/a/a', 'sa', 's/a1', 'S/a'] as const

/** As long as an id from outside may be before somebody says no. */
const longest = 'z'.repeat(1_000_000)

/**
 * Every id that has been trouble somewhere, and keys that careless joining makes one: all different, in scopes that start
 * with `run`.
 */
export function everyHostileKey(run: string): readonly Key[] {
  const scope = `${run}.s`
  const all = [...hostileIds, ...longIds, ...hugeIds, longest, `${longest}z`]
  // What looks like a key of another scope, or like the text that a store may make of one.
  const joined = ['', '/', ':', '\0', '#', '{', '}'].flatMap((joint): Key[] => [
    { scope: `${scope}${joint}a`, id: `b${joint}c` },
    { scope: `${scope}${joint}a${joint}b`, id: 'c' },
  ])
  const scopes = ['A', 'a', 'a ', 'e\u0301', '\u00e9', '\0', '\u001f', '\ud800'].map((s) => ({
    scope: `${scope}${s}`,
    id: 'a',
  }))
  const written = [{ scope, id: 'a' }, ...joined].map((key) => ({ scope, id: encodeKey(key) }))
  const known = new Map<string, Key>()
  for (const key of [...all.map((id) => ({ scope, id })), ...joined, ...scopes, ...written]) {
    known.set(JSON.stringify([key.scope, key.id]), key)
  }
  return [...known.values()]
}

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
