import { useSignal } from '@preact/signals'
import { Loaded } from '../components/loading.tsx'
import { PageHead } from '../components/page-head.tsx'
import { ProblemNote } from '../components/problem-note.tsx'
import { UsageChart } from '../components/usage-chart.tsx'
import { askedOf, UsageFilters } from '../components/usage-filters.tsx'
import { UsageTable } from '../components/usage-table.tsx'
import { api } from '../lib/api.ts'
import { type Problem, toProblem } from '../lib/problem.ts'
import { useResource } from '../lib/resource.ts'
import { place } from '../lib/router.ts'
import { saveFile } from '../lib/save-file.ts'
import { barsOf, periodsOf } from '../lib/usage-bars.ts'

export function UsagePage() {
  const { query } = place.value
  const asked = askedOf(query)
  const what = query.get('show') === 'units' ? 'units' : 'requests'
  const usage = useResource(JSON.stringify(asked), (signal) => api.usage(asked, signal))
  const csvProblem = useSignal<Problem | undefined>(undefined)
  const download = async (): Promise<void> => {
    csvProblem.value = undefined
    try {
      saveFile(`usage-${asked.from}-${asked.to}.csv`, await api.usageCsv(asked))
    } catch (error) {
      csvProblem.value = toProblem(error)
    }
  }
  return (
    <>
      <PageHead title="Usage" name="Usage">
        <button type="button" onClick={usage.reload}>
          Look again
        </button>
        <button type="button" onClick={() => void download()}>
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
          {({ rows }) =>
            rows.length === 0 ? (
              <p class="card empty">
                Nothing was counted in this time. Counts come some seconds after the decisions.
              </p>
            ) : (
              <div aria-busy={usage.isLoading}>
                {asked.by !== 'total' && (
                  <section class="card" aria-label="Chart">
                    <UsageChart
                      bars={barsOf(periodsOf(asked), rows, what)}
                      what={what}
                      span={`${asked.from} to ${asked.to}`}
                    />
                  </section>
                )}
                <UsageTable rows={rows} by={asked.by} groupBy={asked.groupBy} zone={asked.timeZone} />
              </div>
            )
          }
        </Loaded>
      )}
    </>
  )
}
