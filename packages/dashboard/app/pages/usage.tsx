import { useSignal } from '@preact/signals'
import { Loaded } from '../components/loading.tsx'
import { PageHead } from '../components/page-head.tsx'
import { ProblemNote } from '../components/problem-note.tsx'
import { UsageChart } from '../components/usage-chart.tsx'
import { askedOf, UsageFilters } from '../components/usage-filters.tsx'
import { UsageTable } from '../components/usage-table.tsx'
import { api } from '../lib/api.ts'
import { addDays } from '../lib/dates.ts'
import { type Problem, toProblem } from '../lib/problem.ts'
import type { DateRange } from '../lib/ranges.ts'
import { useResource } from '../lib/resource.ts'
import { place } from '../lib/router.ts'
import { saveFile } from '../lib/save-file.ts'
import { barsOf, periodsOf } from '../lib/usage-bars.ts'

export function UsagePage() {
  const { query } = place.value
  const asked = askedOf(query)
  const what = query.get('show') === 'units' ? 'units' : 'requests'
  const usage = useResource(JSON.stringify(asked), async (signal) => ({
    // With what it is of: the address may ask for something else by now.
    ...asked,
    rows: (await api.usage(asked, signal)).rows,
  }))
  const csvProblem = useSignal<Problem | undefined>(undefined)
  const isBusy = useSignal(false)
  const download = async (): Promise<void> => {
    isBusy.value = true
    csvProblem.value = undefined
    try {
      saveFile(`usage-${asked.from}-${asked.to}.csv`, await api.usageCsv(asked))
    } catch (error) {
      csvProblem.value = toProblem(error)
    }
    isBusy.value = false
  }
  return (
    <>
      <PageHead title="Usage" name="Usage">
        <button type="button" onClick={usage.reload}>
          Look again
        </button>
        <button type="button" disabled={isBusy.value} onClick={() => void download()}>
          Download CSV
        </button>
      </PageHead>
      {csvProblem.value && <ProblemNote problem={csvProblem.value} what="No CSV." />}
      <UsageFilters query={query} />
      {usage.problem?.status === 404 ? (
        <p class="card empty">
          This service keeps no usage. Start it with a ledger, as its documentation says, to see who used how
          much.
        </p>
      ) : (
        <Loaded of={usage} what="usage">
          {({ rows, ...of }) =>
            rows.length === 0 ? (
              <p class="card empty">
                Nothing was counted in this time. Counts come some seconds after the decisions.
              </p>
            ) : (
              <div class="stack" aria-busy={usage.isLoading}>
                {of.by !== 'total' && (
                  <section class="card" aria-label="Chart">
                    <UsageChart bars={barsOf(periodsOf(of), rows, what)} what={what} span={spanOf(of)} />
                  </section>
                )}
                <UsageTable rows={rows} by={of.by} groupBy={of.groupBy} zone={of.timeZone} />
              </div>
            )
          }
        </Loaded>
      )}
    </>
  )
}

/** With the last day that is counted, as one chooses it. */
function spanOf({ from, to }: DateRange): string {
  const last = addDays(to, -1)
  return from === last ? from : `${from} to ${last}`
}
