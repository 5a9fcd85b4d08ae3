import { stringify } from 'csv-stringify/sync'
import type { UsageRow } from './query.ts'

const COLUMNS = [
  { key: 'start', header: 'start' },
  { key: 'end', header: 'end' },
  { key: 'subject', header: 'subject' },
  { key: 'meter', header: 'meter' },
  { key: 'plan', header: 'plan' },
  { key: 'requests', header: 'requests' },
  { key: 'denied', header: 'denied' },
  { key: 'units', header: 'units' },
  { key: 'deniedUnits', header: 'denied_units' },
]

/** How many rows are in a piece. */
const PIECE = 100

/**
 * Rows as CSV (RFC 4180), in pieces of text: a header, then a line each, always with the same columns, which are empty where rows
 * don't have them. A text that a spreadsheet would take for a formula gets an apostrophe before it.
 *
 * @param rows what `usage.export()` or `usage.query()` gives
 * @example
 * ```ts
 * import { createWriteStream } from 'node:fs'
 * import { Readable } from 'node:stream'
 * import { pipeline } from 'node:stream/promises'
 * import { createUsage, memoryLedger, toCsv } from '@headgate/usage'
 *
 * const usage = createUsage({ ledger: memoryLedger() })
 * const rows = usage.export({ from: '2026-03-01', to: '2026-04-01', by: 'month' })
 * await pipeline(Readable.from(toCsv(rows)), createWriteStream('march.csv'))
 * ```
 */
export async function* toCsv(
  rows: AsyncIterable<UsageRow> | Iterable<UsageRow>,
): AsyncGenerator<string, void, undefined> {
  yield textOf([], true)
  let piece: UsageRow[] = []
  for await (const row of rows) {
    piece.push(row)
    if (piece.length < PIECE) continue
    yield textOf(piece, false)
    piece = []
  }
  if (piece.length > 0) yield textOf(piece, false)
}

function textOf(rows: UsageRow[], header: boolean): string {
  return stringify(rows, {
    columns: COLUMNS,
    header,
    escape_formulas: true,
    record_delimiter: 'windows',
    // Told, for a delimiter of two characters turns it off: a lone one of them must be quoted too.
    quote_record_delimiter: true,
    // A line feed first, which the library lets pass, is taken for nothing by some spreadsheets.
    cast: { string: (text) => (text.startsWith('\n') ? `'${text}` : text) },
  })
}
