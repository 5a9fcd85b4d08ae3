import type { Reach, Row } from './figures.ts'

/** What a scenario hands in: a titled piece of Markdown, and what became of its goals. */
export interface Section {
  readonly title: string
  readonly text: string
  readonly reached: readonly Reach[]
}

/** The section of a scenario that measured time. `what` is what one operation is: "decision", "event". */
export function timeSection(title: string, what: string, rows: readonly Row[], note = ''): Section {
  const header = ['', `ns per ${what}`, `${what}s per second`, '× floor', 'spread', 'reach']
  const cells = rows.map(({ name, nsPerOperation, toFloor, spread, reach, beside }) => [
    name,
    significant(nsPerOperation),
    Math.round(1e9 / nsPerOperation).toLocaleString('en-GB'),
    toFloor.toFixed(2),
    `${(spread * 100).toFixed(0)} %`,
    [reach && verdict(reach), beside && `${significant(beside.ratio)} × ${beside.name}`]
      .filter((words) => words !== undefined)
      .join('; '),
  ])
  return {
    title,
    text: `${table(header, cells)}${note && `\n\n${note}`}`,
    reached: rows.flatMap(({ reach }) => (reach ? [reach] : [])),
  }
}

export function verdict({ goal, found, met }: Reach): string {
  return `${goal}: ${significant(found)}, ${met ? 'met' : '**not met**'}`
}

/** A Markdown table. The first column is names, the last is words, and what lies between is numbers. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const last = header.length - 1
  const rule = header.map((_, i) => (i === 0 || i === last ? '---' : '---:'))
  return [header, rule, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

/** Three digits that matter. */
export function significant(value: number): string {
  if (value >= 100) return Math.round(value).toLocaleString('en-GB')
  return value.toPrecision(3)
}
