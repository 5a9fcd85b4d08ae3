import { type Address, readAddress } from './address.ts'
import { type ForwardedField, trimmedEnd, trimmedStart } from './forwarded-field.ts'

const QUOTE = 0x22
const COMMA = 0x2c
const SEMICOLON = 0x3b
const BACKSLASH = 0x5c

/** `name=token` or `name="quoted"`. Colons and brackets should stand in quotes, but not every proxy does that. */
const PAIR = /([\w!#$%&'*+.^`|~-]+)=(?:([\w!#$%&'*+.^`|~:[\]-]+)|"([^"\\]*(?:\\.[^"\\]*)*)")[ \t]*/y

/**
 * The field of RFC 7239: `for=192.0.2.1;proto=https, for="[2001:db8::1]:4711"`.
 *
 * It is cut from the right, quoted strings and all. Read from the left, a quote that a client opens and never closes would
 * swallow what the proxies wrote behind it. From the right it is just as plain where a quoted string starts: quotes
 * inside of it have an odd number of backslashes before them, and the opening one has none.
 */
export const forwarded: ForwardedField = {
  startOf(field, end): number {
    let quoted = false
    for (let start = end; start > 0; start--) {
      const code = field.charCodeAt(start - 1)
      if (code === COMMA && !quoted) return start
      if (code === QUOTE && !isEscaped(field, start - 1)) quoted = !quoted
    }
    return 0
  },

  read(field, start, end, ipv6Prefix) {
    let address: Address | undefined
    let i = trimmedStart(field, start, end)
    const last = trimmedEnd(field, i, end)
    while (i < last) {
      if (field.charCodeAt(i) === SEMICOLON) {
        i = trimmedStart(field, i + 1, last)
        continue
      }
      PAIR.lastIndex = i
      const [text, name = '', token, quoted = ''] = PAIR.exec(field) ?? ['']
      const after = i + text.length
      // Past the end if a quoted string isn't closed before it.
      if (text === '' || after > end) return undefined
      if (after < last && field.charCodeAt(after) !== SEMICOLON) return undefined
      if (name.toLowerCase() === 'for') {
        // Said twice, it says nothing.
        if (address !== undefined) return undefined
        const value = i + name.length + 1
        address =
          token === undefined
            ? readQuoted(field, value + 1, quoted, ipv6Prefix)
            : readAddress(field, value, value + token.length, ipv6Prefix)
        if (address === undefined) return undefined
      }
      i = after
    }
    return address
  },
}

function readQuoted(field: string, start: number, quoted: string, ipv6Prefix: number): Address | undefined {
  if (!quoted.includes('\\')) return readAddress(field, start, start + quoted.length, ipv6Prefix)
  const plain = quoted.replaceAll(/\\(.)/g, '$1')
  return readAddress(plain, 0, plain.length, ipv6Prefix)
}

function isEscaped(text: string, at: number): boolean {
  let start = at
  while (start > 0 && text.charCodeAt(start - 1) === BACKSLASH) start--
  return (at - start) % 2 === 1
}
