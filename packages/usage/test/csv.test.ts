import { expect, test } from 'vitest'
import { createUsage, memoryLedger, toCsv, type UsageRow } from '../src/index.ts'
import { all } from './support.ts'

const HEADER = 'start,end,subject,meter,plan,requests,denied,units,denied_units\r\n'

function row(change: Partial<UsageRow> = {}): UsageRow {
  const span = { start: '2026-03-01T00:00:00+01:00', end: '2026-04-01T00:00:00+02:00' }
  return { ...span, requests: 3, denied: 1, units: -5, deniedUnits: 2, ...change }
}

async function csvOf(...rows: UsageRow[]): Promise<string> {
  return (await all(toCsv(rows))).join('')
}

/** RFC 4180 in the plainest way. */
function parse(text: string): string[][] {
  const cells = [...text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/g)]
  expect(cells.map(([all]) => all).join('')).toBe(text)
  const lines: string[][] = [[]]
  for (const [, quoted, plain, end] of cells) {
    lines.at(-1)?.push(quoted?.replaceAll('""', '"') ?? plain ?? '')
    if (end !== ',') lines.push([])
  }
  return lines.slice(0, -1)
}

test('always the same columns, also of no rows', async () => {
  expect(await csvOf()).toBe(HEADER)
  const line = '2026-03-01T00:00:00+01:00,2026-04-01T00:00:00+02:00'
  expect(await csvOf(row(), row({ subject: 'acme', meter: 'tokens', plan: '' }))).toBe(
    `${HEADER}${line},,,,3,1,-5,2\r\n${line},acme,tokens,,3,1,-5,2\r\n`,
  )
})

test.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', '\n=1', '＝1', '=cmd|"/C calc"!A0', '=1,2'])(
  'a cell that begins as a formula does is a text: %j',
  async (subject) => {
    expect(parse(await csvOf(row({ subject })))[1]?.[2]).toBe(`'${subject}`)
  },
)

test.each(['a,b', 'a"b', 'a\nb', 'a\rb', 'a\r\nb', '"', ' a ', '😀', 'a=1', '__proto__'])(
  'what has separators in it comes back as it was: %j',
  async (subject) => {
    expect(parse(await csvOf(row({ subject })))[1]?.[2]).toBe(subject)
  },
)

test('any number of rows, in pieces', async () => {
  const usage = createUsage({ ledger: memoryLedger() })
  for (let i = 0; i < 1_234; i++) usage.record({ subject: `s${i}`, at: Date.UTC(2026, 2, 5) * 1_000 })
  await usage.flush()
  const pieces = await all(toCsv(usage.export({ from: '2026-03-01', to: '2026-04-01', by: 'month' })))
  expect(pieces).toHaveLength(14)
  const lines = parse(pieces.join(''))
  expect(lines).toHaveLength(1_235)
  expect(new Set(lines.map((cells) => cells[2])).size).toBe(1_235)
  expect(lines.every((cells) => cells.length === 9)).toBe(true)
})
