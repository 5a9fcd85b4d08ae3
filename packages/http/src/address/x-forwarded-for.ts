import { readAddress } from './address.ts'
import { type ForwardedField, trimmedEnd, trimmedStart } from './forwarded-field.ts'

const COMMA = 0x2c

/** No address is longer, with zone, port and white space. */
const MAX_ENTRY = 256

/** The field that most proxies write: addresses and commas. */
export const xForwardedFor: ForwardedField = {
  startOf(field, end): number {
    const least = Math.max(0, end - MAX_ENTRY)
    let start = end
    while (start > least && field.charCodeAt(start - 1) !== COMMA) start--
    return start > 0 && start === least && field.charCodeAt(start - 1) !== COMMA ? -1 : start
  },

  read(field, start, end, ipv6Prefix) {
    const from = trimmedStart(field, start, end)
    return readAddress(field, from, trimmedEnd(field, from, end), ipv6Prefix)
  },
}
