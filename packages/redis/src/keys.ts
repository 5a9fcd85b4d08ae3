import { createHash } from 'node:crypto'
import { type Key, MAX_SHORT_ID } from '@headgate/core'

/** Where a state is: its key, and the hash tag in it, which decides on the slot in a Cluster. */
export interface Place {
  readonly key: string
  readonly tag: string
}

// Nothing that ends a hash tag, that isn't well-formed (it would become U+FFFD on the wire), or that looks like a hash.
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it is about
const PLAIN = /^(?!#)(?:[^\u0000-\u001f\u007f}\ud800-\udfff]|[\ud800-\udbff][\udc00-\udfff])+$/

/**
 * Makes keys: `<prefix>{<id>}<scope>`, so that all states of a subject have one hash tag and are in one slot; or with a
 * `hashTag`, where all states of the store are in one slot, `<prefix>{<hashTag>}<id>}<scope>`.
 *
 * No two keys share one, and no id can leave its slot: the prefix has no brace, ids and scopes have no closing one, and
 * whatever isn't plain and short is hashed.
 */
export function createPlaces(prefix: string, hashTag: string | undefined): (key: Key) => Place {
  const scopeOf = remember(encode)
  const start = hashTag === undefined ? `${prefix}{` : `${prefix}{${hashTag}}`
  let last: (Place & Key) | undefined
  // The same place again, where it is asked for again at once: keys that are one string are compared by one look.
  return ({ scope, id }) => {
    if (last === undefined || id !== last.id || scope !== last.scope) {
      const tag = encode(id)
      last = { scope, id, key: `${start}${tag}}${scopeOf(scope)}`, tag: hashTag ?? tag }
    }
    return last
  }
}

function encode(part: string): string {
  if (part.length <= MAX_SHORT_ID && PLAIN.test(part)) return part
  // By code units: UTF-8 makes all lone surrogates equal.
  return `#${createHash('sha256').update(part, 'utf16le').digest('base64url')}`
}

/** The last answer again, where the question is the same: most stores have few scopes. */
function remember(answer: (question: string) => string): (question: string) => string {
  let last = ''
  let answered = answer(last)
  return (question) => {
    if (question !== last) {
      last = question
      answered = answer(question)
    }
    return answered
  }
}
