/** Ascending by code points, which is the order of UTF-8's bytes, and what databases mean by "C" and BINARY. */
export function compareText(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const order = rank(a.charCodeAt(i)) - rank(b.charCodeAt(i))
    if (order !== 0) return order
  }
  return a.length - b.length
}

/** Surrogates stand for code points above all others, and their own numbers are in the middle. */
function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x1_0000 : unit
}

/** The first text behind all that begin with `prefix`; undefined where nothing is behind them. */
export function behindPrefix(prefix: string): string | undefined {
  const characters = [...prefix]
  for (;;) {
    const last = characters.pop()?.codePointAt(0)
    if (last === undefined) return
    if (last === 0x10_ffff) continue
    // Surrogates are no characters.
    return characters.join('') + String.fromCodePoint(last === 0xd7ff ? 0xe000 : last + 1)
  }
}
