import type { TimeReader } from '../time.ts'
import { combined } from './combined.ts'
import { delimited } from './delimited.ts'
import type { Asked, Format } from './format.ts'
import { jsonl } from './jsonl.ts'

/** A log format. */
export type FormatName = 'combined' | 'jsonl' | 'csv' | 'tsv'

/** The formats, by name. */
const formats: { readonly [F in FormatName]: (asked: Asked, time: TimeReader) => Format } = {
  combined,
  jsonl,
  csv: (asked, time) => delimited(asked, { delimiter: ',', multiline: true }, time),
  tsv: (asked, time) => delimited(asked, { delimiter: '\t', multiline: false }, time),
}

/** All of them. */
export const FORMATS: readonly FormatName[] = Object.keys(formats) as FormatName[]

/** Opens a format on one log. */
export function openFormat(name: FormatName, asked: Asked, time: TimeReader): Format {
  return formats[name](asked, time)
}

/** The format that a file's name tells of; undefined if it tells of none. */
export function guessFormat(file: string): FormatName | undefined {
  const ending = /\.(log|jsonl|ndjson|csv|tsv)(\.\d+)?(\.gz)?$/i.exec(file)?.[1]?.toLowerCase()
  if (ending === 'log') return 'combined'
  return ending === 'ndjson' ? 'jsonl' : (ending as FormatName | undefined)
}
