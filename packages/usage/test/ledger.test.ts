import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { LedgerRow, LedgerSum, UsageField } from '../src/index.ts'
import { all, batch, LEDGERS, QUARTER, row, START, unitsIn } from './support.ts'

/** In the order of their code points, which isn't that of JavaScript: the last two are the other way round there. */
const SUBJECTS = ['"; DROP TABLE usage; --', '__proto__', 'a', 'a b', 'ä', '\uff5e', '😀']
const METERS = ['requests', 'tokens']
const PLANS = ['', 'free']
const BOUNDS = [0, 2, 3, 7].map((quarters) => START + quarters * QUARTER)

/** The same in the plainest way. */
function expected(
  rows: readonly LedgerRow[],
  where: Partial<Record<UsageField, string>>,
  groupBy: readonly UsageField[],
) {
  const sums: LedgerSum[] = []
  const subjects = groupBy.includes('subject') ? SUBJECTS : [undefined]
  const meters = groupBy.includes('meter') ? METERS : [undefined]
  const plans = groupBy.includes('plan') ? PLANS : [undefined]
  for (let period = 0; period + 1 < BOUNDS.length; period++) {
    for (const subject of subjects)
      for (const meter of meters)
        for (const plan of plans) {
          const found = rows.filter(
            (one) =>
              one.slot >= BOUNDS[period]! &&
              one.slot < BOUNDS[period + 1]! &&
              (where.subject ?? one.subject) === one.subject &&
              (where.meter ?? one.meter) === one.meter &&
              (where.plan ?? one.plan) === one.plan &&
              (subject ?? one.subject) === one.subject &&
              (meter ?? one.meter) === one.meter &&
              (plan ?? one.plan) === one.plan,
          )
          if (found.length === 0) continue
          const sum = (name: 'requests' | 'denied' | 'units' | 'deniedUnits') =>
            found.reduce((total, one) => total + one[name], 0n)
          sums.push({
            period,
            ...(subject !== undefined && { subject }),
            ...(meter !== undefined && { meter }),
            ...(plan !== undefined && { plan }),
            requests: sum('requests'),
            denied: sum('denied'),
            units: sum('units'),
            deniedUnits: sum('deniedUnits'),
          })
        }
  }
  return sums
}

const anyRow = fc.record({
  slot: fc.integer({ min: -1, max: 8 }).map((quarters) => START + quarters * QUARTER),
  subject: fc.constantFrom(...SUBJECTS),
  meter: fc.constantFrom(...METERS),
  plan: fc.constantFrom(...PLANS),
  requests: fc.bigInt(-3n, 1_000n),
  denied: fc.bigInt(0n, 1_000n),
  units: fc.bigInt(-(2n ** 53n), 2n ** 53n),
  deniedUnits: fc.bigInt(0n, 2n ** 53n),
})
const place = ({ slot, subject, meter, plan }: LedgerRow) => JSON.stringify([slot, subject, meter, plan])
const anyBatches = fc.array(fc.uniqueArray(anyRow, { selector: place, maxLength: 12 }), { maxLength: 4 })
const anyWhere = fc.record(
  {
    subject: fc.constantFrom(...SUBJECTS, 'nobody'),
    meter: fc.constantFrom(...METERS),
    plan: fc.constantFrom(...PLANS),
  },
  { requiredKeys: [] },
)
const anyGroups = fc.shuffledSubarray<UsageField>(['subject', 'meter', 'plan'])

describe.each(LEDGERS)('$name', ({ open }) => {
  test('sums are those of a plain model, and in order', async () => {
    const ledger = await open()
    await fc.assert(
      fc.asyncProperty(anyBatches, anyWhere, anyGroups, async (batches, where, groupBy) => {
        await ledger.prune(START * 2)
        for (const rows of batches) await ledger.write(batch(...rows))
        const found = await all(ledger.read({ bounds: BOUNDS, where, groupBy }))
        const model = expected(batches.flat(), where, groupBy)
        if (groupBy.join() === 'subject,meter,plan'.slice(0, groupBy.join().length))
          expect(found).toEqual(model)
        else expect(sorted(found)).toEqual(sorted(model))
      }),
      { numRuns: 60 },
    )
  })

  test('sums are in the order of code points', async () => {
    const ledger = await open()
    await ledger.write(batch(...SUBJECTS.toReversed().map((subject) => row({ subject }))))
    const found = await all(ledger.read({ bounds: BOUNDS, where: {}, groupBy: ['subject'] }))
    expect(found.map(({ subject }) => subject)).toEqual(SUBJECTS)
  })

  test('a batch that is sent again, also at the same time, is counted once', async () => {
    const ledger = await open()
    const one = batch(row(), row({ subject: 'globex', units: 5n }))
    await Promise.all([1, 2, 3, 4].map(() => ledger.write(one)))
    await ledger.write(one)
    await ledger.write(batch(row()))
    expect(await unitsIn(ledger)).toBe(7n)
  })

  test('more groups than a page has, all of them once', async () => {
    const ledger = await open()
    const rows = Array.from({ length: 2_500 }, (_, i) =>
      row({ subject: `s${i}`, slot: START + (i % 3) * QUARTER }),
    )
    await ledger.write(batch(...rows))
    await ledger.write(batch(...rows))
    for (const groupBy of [['subject'], ['plan', 'subject', 'meter']] as const) {
      const bounds = [START, START + QUARTER, START + 3 * QUARTER]
      const found = await all(ledger.read({ bounds, where: {}, groupBy }))
      expect(new Set(found.map(({ subject }) => subject)).size).toBe(2_500)
      expect(found.map(({ units }) => units)).toEqual(Array(2_500).fill(2n))
    }
  })

  test('who stops reading early keeps nobody from writing', async () => {
    const ledger = await open()
    await ledger.write(batch(...Array.from({ length: 1_200 }, (_, i) => row({ subject: `s${i}` }))))
    let read = 0
    for await (const _ of ledger.read({
      bounds: [START, START + QUARTER],
      where: {},
      groupBy: ['subject'],
    })) {
      if (read++ === 3) break
      await ledger.write(batch(row({ subject: 'later' })))
    }
    expect(await unitsIn(ledger)).toBe(1_203n)
  })

  test('sums past 2^63 are exact, or an error', async () => {
    const ledger = await open()
    const half = 2n ** 62n
    await ledger.write(batch(row({ units: half }), row({ subject: 'globex', units: half })))
    expect([2n * half, 'failed']).toContain(await unitsIn(ledger).catch(() => 'failed'))
  })

  test('what is old goes, and its number is told', async () => {
    const ledger = await open()
    await ledger.write(
      batch(row({ slot: START - QUARTER, units: 3n }), row(), row({ slot: START + QUARTER })),
    )
    expect(await ledger.prune(START)).toBe(1)
    expect(await unitsIn(ledger)).toBe(2n)
    await expect(ledger.prune(-1)).rejects.toMatchObject({ code: 'INVALID_TIME' })
  })

  test('what isn’t the name of a field comes into no statement', async () => {
    const ledger = await open()
    const groupBy = ['subject) FROM x --' as 'subject']
    const read = () => all(ledger.read({ bounds: [0, START], where: {}, groupBy }))
    if (ledger.name !== 'memory') await expect(read()).rejects.toMatchObject({ code: 'INVALID_OPTION' })
    const where = { 'units = 0 OR subject': 'x' } as { readonly subject?: string }
    expect(await all(ledger.read({ bounds: [0, START], where, groupBy: [] }))).toEqual([])
  })
})

function sorted(sums: readonly LedgerSum[]): string[] {
  return sums
    .map(({ period, subject, meter, plan, requests, denied, units, deniedUnits }) =>
      [period, subject, meter, plan, requests, denied, units, deniedUnits].join('|'),
    )
    .sort()
}
