/** JSON to be read by people: characters that can't be seen are escaped, so that no name can turn the text around. */
export function rawJson(value: unknown): string {
  return JSON.stringify(value, undefined, 2).replaceAll(/(?!\n)[\p{C}\p{Zl}\p{Zp}]/gu, (character) =>
    Array.from({ length: character.length }, (_, i) => escaped(character.charCodeAt(i))).join(''),
  )
}

function escaped(unit: number): string {
  return `\\u${unit.toString(16).padStart(4, '0')}`
}
