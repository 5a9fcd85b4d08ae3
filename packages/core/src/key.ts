import { sha256 } from './sha256.ts'
import type { Key } from './store.ts'

/** The longest id that is kept as it is, in UTF-16 code units; longer ones are hashed. */
export const MAX_SHORT_ID = 128

/**
 * An id of bounded length for stores that keep ids as JavaScript strings: short ones as they are, others hashed.
 * No two ids share one: whatever starts like a hash is hashed too.
 */
export function shortId(id: string): string {
  return id.length <= MAX_SHORT_ID && id.charCodeAt(0) !== 35 ? id : `#${sha256(id)}`
}

/**
 * A key as one well-formed string without control characters, for stores whose keys are text. Injective: parts carry
 * their lengths, and an id that is long, not well-formed or has control characters is hashed.
 *
 * @example
 * ```ts
 * import { encodeKey } from '@headgate/core'
 *
 * encodeKey({ scope: 'api:burst', id: 'user 1' }) // "9:api:burst6:user 1"
 * ```
 */
export function encodeKey({ scope, id }: Key): string {
  if (scope === last.scope && id === last.id) return last.key
  const prefix = scope === last.scope ? last.prefix : encodePart(scope)
  last = { scope, prefix, id, key: prefix + encodePart(id) }
  return last.key
}

// The last answer: scopes are few, and those who ask together often ask for the same. A string that is given again has its hash
// already, and is equal at a glance, where it is then looked up.
let last = { scope: '', prefix: '0:', id: '', key: '0:0:' }

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it is about
const unsafe = /[\u0000-\u001f\u007f]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/

function encodePart(part: string): string {
  return part.length <= MAX_SHORT_ID && !unsafe.test(part) ? `${part.length}:${part}` : `#${sha256(part)}`
}
