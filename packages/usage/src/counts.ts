import type { Counts } from './ledger.ts'

/** Something whose counts change. */
export type Summed<Row extends Counts> = Omit<Row, keyof Counts> & {
  -readonly [Name in keyof Counts]: bigint
}

export function addTo(sum: Summed<Counts>, counts: Counts): void {
  sum.requests += counts.requests
  sum.denied += counts.denied
  sum.units += counts.units
  sum.deniedUnits += counts.deniedUnits
}

/** Ascending by code points, which is the order of UTF-8's bytes, and what databases mean by "C" and BINARY. */
export function compareText(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}
