import { parseIPv4 } from './ipv4.ts'

const COLON = 0x3a
const DOT = 0x2e

/** The eight 16-bit groups of the text in `[start, end)`, without brackets and zone, in any spelling of RFC 4291; or undefined. */
export function parseIPv6(text: string, start: number, end: number): number[] | undefined {
  const groups = [0, 0, 0, 0, 0, 0, 0, 0]
  let count = 0
  /** The number of groups before the `::`. */
  let gap = -1
  let i = start
  if (end - start >= 2 && text.charCodeAt(start) === COLON && text.charCodeAt(start + 1) === COLON) {
    gap = 0
    i += 2
  }
  while (i < end) {
    if (count === 8) return undefined
    const from = i
    let group = 0
    let code = 0
    for (; i < end; i++) {
      code = text.charCodeAt(i)
      const digit = hexDigit(code)
      if (digit < 0) break
      group = group * 16 + digit
      if (i - from === 4) return undefined
    }
    if (i < end && code === DOT) {
      const bits = count <= 6 ? parseIPv4(text, from, end) : -1
      if (bits < 0) return undefined
      groups[count++] = bits >>> 16
      groups[count++] = bits & 0xffff
      break
    }
    if (i === from) return undefined
    groups[count++] = group
    if (i === end) break
    if (code !== COLON || ++i === end) return undefined
    if (text.charCodeAt(i) === COLON) {
      if (gap >= 0) return undefined
      gap = count
      i++
    }
  }
  if (gap < 0) return count === 8 ? groups : undefined
  // `::` stands for one group of zeros at least.
  if (count === 8) return undefined
  for (let to = 7, from = count - 1; to >= gap; to--, from--) {
    groups[to] = from >= gap ? (groups[from] as number) : 0
  }
  return groups
}

function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30
  const letter = code | 0x20
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1
}

/** The canonical text of RFC 5952: lower case, no leading zeros, `::` for the first of the longest runs of two zeros or more. */
export function formatIPv6(groups: readonly number[]): string {
  let gap = -1
  let longest = 1
  for (let i = 0; i < 8; i++) {
    let run = 0
    while (groups[i + run] === 0) run++
    if (run > longest) {
      gap = i
      longest = run
    }
    i += run
  }
  let text = ''
  for (let i = 0; i < 8; i++) {
    if (i === gap) {
      text += '::'
      i += longest - 1
      continue
    }
    if (i > 0 && i !== gap + longest) text += ':'
    text += (groups[i] as number).toString(16)
  }
  return text
}
