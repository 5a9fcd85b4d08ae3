/** What could move a cursor, change colours, hide text or turn its direction, halves of characters, and what is kept free for more of these. */
const unsafe = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\u2065\u{e0000}-\u{e0fff}]/u
const unsafeAll = new RegExp(unsafe.source, 'gu')

/**
 * Text that strangers wrote, fit for a terminal: what is unsafe is shown as an escape such as `\x1b`, and what is longer
 * than `width` columns ends in `…`.
 */
export function plain(text: string, width: number = Number.POSITIVE_INFINITY): string {
  let out = ''
  let columns = 0
  let kept = 0
  for (const character of text) {
    const shown = unsafe.test(character) ? escapeOf(character) : character
    columns += shown === character ? widthOf(character) : shown.length
    if (columns > width) return `${out.slice(0, kept)}…`
    out += shown
    if (columns < width) kept = out.length
  }
  return out
}

/** JSON that is also safe to print: the same value, with what is unsafe as `\u` escapes. */
export function plainJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, undefined, indent).replaceAll(unsafeAll, (character) =>
    // The line breaks are those of the indentation: within strings they are escaped already.
    character === '\n' ? character : [...unitsOf(character)].map((unit) => `\\u${hex(unit, 4)}`).join(''),
  )
}

/** How many columns text takes: most East Asian characters and emoji take two. */
export function widthOf(text: string): number {
  let columns = 0
  for (const character of text) {
    const code = character.codePointAt(0) as number
    const wide =
      (code >= 0x1100 && code <= 0x115f) ||
      (code >= 0x2e80 && code <= 0xa4cf) ||
      (code >= 0xac00 && code <= 0xd7a3) ||
      (code >= 0xf900 && code <= 0xfaff) ||
      (code >= 0xfe30 && code <= 0xfe6f) ||
      (code >= 0xff00 && code <= 0xff60) ||
      (code >= 0xffe0 && code <= 0xffe6) ||
      (code >= 0x1f300 && code <= 0x1faff) ||
      (code >= 0x20000 && code <= 0x3fffd)
    columns += wide ? 2 : 1
  }
  return columns
}

/** Text filled up to a width on the right, or with `padLeft` on the left. */
export function padRight(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - widthOf(text)))
}

/** See {@link padRight}. */
export function padLeft(text: string, width: number): string {
  return ' '.repeat(Math.max(0, width - widthOf(text))) + text
}

/** Colours, or none. */
export interface Paint {
  bold(text: string): string
  dim(text: string): string
  good(text: string): string
  bad(text: string): string
}

/** No colours. */
export const noPaint: Paint = paintFor({})

/** Colours for a terminal; none for a file, a pipe, a dumb terminal, or where `NO_COLOR` is set. */
export function paintFor(stream: { readonly isTTY?: boolean }): Paint {
  const { NO_COLOR, TERM } = process.env
  const coloured = stream.isTTY === true && !NO_COLOR && TERM !== 'dumb'
  const sgr = (on: number, off: number) => (text: string) =>
    coloured ? `\x1b[${on}m${text}\x1b[${off}m` : text
  return { bold: sgr(1, 22), dim: sgr(2, 22), good: sgr(32, 39), bad: sgr(31, 39) }
}

function escapeOf(character: string): string {
  const code = character.codePointAt(0) as number
  return code < 0x100 ? `\\x${hex(code, 2)}` : `\\u{${code.toString(16)}}`
}

function* unitsOf(text: string): Generator<number> {
  for (let i = 0; i < text.length; i++) yield text.charCodeAt(i)
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, '0')
}
