import { addDays } from '../lib/dates.ts'
import { plural, showCount } from '../lib/format.ts'
import type { UsageField, UsagePeriod, UsageRow } from '../lib/types.ts'
import { SubjectLink } from './subject.tsx'

const TITLES = { subject: 'Customer', meter: 'Meter', plan: 'Plan' } as const
const FIGURES = ['requests', 'denied', 'units', 'deniedUnits'] as const
/** More would keep the browser busy, and nobody reads them here. */
const MAX_ROWS = 1_000

interface Props {
  readonly rows: readonly UsageRow[]
  readonly by: UsagePeriod
  readonly groupBy: readonly UsageField[]
  readonly zone: string
}

export function UsageTable({ rows, by, groupBy, zone }: Props) {
  const shown = rows.slice(0, MAX_ROWS)
  // Those before the figures.
  const columns = groupBy.length + (by === 'total' ? 0 : 1)
  const sums = FIGURES.map((figure) => rows.reduce((sum, row) => sum + row[figure], 0))
  return (
    <div class="card">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard */}
      <section class="scrolls" tabIndex={0} aria-label="Usage by period">
        <table>
          <thead>
            <tr>
              {by !== 'total' && <th>{`From (${zone})`}</th>}
              {groupBy.map((field) => (
                <th key={field}>{TITLES[field]}</th>
              ))}
              <th class="number">Requests</th>
              <th class="number">Denied</th>
              <th class="number">Units</th>
              <th class="number">Denied units</th>
            </tr>
          </thead>
          <tbody>
            {shown.map((row, i) => (
              // Rows have no name of their own, and never change places.
              <tr key={i}>
                {by !== 'total' && <td class="moment">{startOf(row, by)}</td>}
                {groupBy.map((field) => (
                  <td key={field} class="cut">
                    <Cell row={row} field={field} />
                  </td>
                ))}
                {FIGURES.map((figure) => (
                  <td key={figure} class="number">
                    {showCount(row[figure])}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
          <tfoot>
            <tr class="totals">
              {columns > 0 && (
                <th scope="row" colSpan={columns}>
                  All
                </th>
              )}
              {sums.map((sum, i) => (
                <td key={FIGURES[i]} class="number">
                  {showCount(sum)}
                </td>
              ))}
            </tr>
          </tfoot>
        </table>
      </section>
      {rows.length > MAX_ROWS && (
        <p class="quiet">
          The first {showCount(MAX_ROWS)} of {plural(rows.length, 'row')}. The CSV has all of them.
        </p>
      )}
    </div>
  )
}

function Cell({ row, field }: { readonly row: UsageRow; readonly field: UsageField }) {
  const value = row[field] ?? ''
  if (field === 'subject') return <SubjectLink id={value} />
  return value === '' ? <span class="quiet">none</span> : value
}

/** It is local time already, with its offset. */
function startOf({ start, end }: UsageRow, by: UsagePeriod): string {
  const [first, last] = [start.slice(0, 10), addDays(end.slice(0, 10), -1)]
  if (by === 'day') return first
  // The range may begin or end within a month, of which it is not all then.
  if (by === 'month') return isFirst(start) && isFirst(end) ? first.slice(0, 7) : `${first} to ${last}`
  return `${first} ${start.slice(11, 16)}`
}

function isFirst(time: string): boolean {
  return time.slice(8, 10) === '01'
}
