/** A piece of a text, or the code of a character in it that can't be seen or that would turn the text around. */
export interface Piece {
  readonly text: string
  readonly isCode: boolean
}

// A joiner between two pictures makes one picture of them, as in flags and families.
const JOINER =
  /(?<=\p{Extended_Pictographic}[\ufe0f\u{1f3fb}-\u{1f3ff}]?)\u200d(?=\p{Extended_Pictographic})/u.source
const UNSEEN = new RegExp(`(?!${JOINER})(?:[\\p{C}\\p{Zl}\\p{Zp}]|(?! )\\p{Zs}|^ | $)`, 'u')
const PARTS = new RegExp(`(${UNSEEN.source})`, 'u')

/** So that two names which look alike are told apart, and no name changes how what stands beside it reads. */
export function visiblePieces(text: string): Piece[] {
  return text
    .split(PARTS)
    .map((part, i) => (i % 2 === 0 ? { text: part, isCode: false } : { text: codeOf(part), isCode: true }))
    .filter(({ text }) => text !== '')
}

/** The same where a text is all that can be shown, as of the browser's tab. */
export function visibleText(text: string): string {
  return visiblePieces(text)
    .map(({ text }) => text)
    .join('')
}

function codeOf(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`
}
