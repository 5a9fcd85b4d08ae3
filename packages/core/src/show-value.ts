/** What could move a cursor, hide text or turn its direction, as far as JSON leaves it as it is. */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\u2065\u{e0000}-\u{e0fff}]/gu

/**
 * A value from anywhere, fit for a message: at most some 80 characters of a text, on one line, without what a terminal
 * obeys and without the password of a URL; of an object or a function only that it is one.
 *
 * @example
 * ```ts
 * import { showValue } from '@headgate/core'
 *
 * showValue('redis://me:secret@db') // "redis://…@db"
 * showValue({ token: 'secret' }) // an object
 * ```
 */
export function showValue(value: unknown): string {
  if (typeof value === 'string') return showText(value)
  if (typeof value === 'bigint') return `${cut(String(value))}n`
  if (typeof value === 'symbol') return `Symbol(${showText(value.description ?? '')})`
  if (typeof value === 'function') return 'a function'
  if (value === null || typeof value !== 'object') return String(value)
  return Array.isArray(value) ? 'an array' : 'an object'
}

function showText(text: string): string {
  const json = JSON.stringify(cut(withoutPassword(text)))
  return json.replace(UNSAFE, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`)
}

function withoutPassword(text: string): string {
  const start = text.indexOf('://') + 3
  const end = text.lastIndexOf('@')
  return start >= 3 && end > start ? `${text.slice(0, start)}…${text.slice(end)}` : text
}

function cut(text: string): string {
  return text.length > 80 ? `${text.slice(0, 80)}…` : text
}
