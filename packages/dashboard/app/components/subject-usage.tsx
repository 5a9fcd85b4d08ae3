import { api } from '../lib/api.ts'
import { addDays, dateIn, ownZone } from '../lib/dates.ts'
import { useResource } from '../lib/resource.ts'
import { href } from '../lib/router.ts'
import { barsOf, periodsOf } from '../lib/usage-bars.ts'
import { Loaded } from './loading.tsx'
import { UsageChart } from './usage-chart.tsx'

const DAYS = 30
/** Counts reach the ledger some seconds after the decision. */
const POLL_MS = 15_000

/** What a customer used on each of the last days. */
export function SubjectUsage({ id }: { readonly id: string }) {
  const today = dateIn(ownZone, Date.now())
  const span = {
    from: addDays(today, 1 - DAYS),
    to: addDays(today, 1),
    by: 'day',
    timeZone: ownZone,
  } as const
  const usage = useResource(
    `${id} ${today}`,
    (signal) => api.usage({ ...span, subject: id, groupBy: ['subject'] }, signal),
    POLL_MS,
  )
  return (
    <section class="card" aria-labelledby="own-usage">
      <h2 id="own-usage">
        Usage{' '}
        <span class="quiet">
          last {DAYS} days, {ownZone}
        </span>
        <a class="more" href={href(['usage'], { range: '30days', by: 'day', subject: id })}>
          More
        </a>
      </h2>
      {usage.problem?.status === 404 ? (
        <p class="empty">This service keeps no usage.</p>
      ) : (
        <Loaded of={usage} what="usage">
          {({ rows }) => (
            <UsageChart
              bars={barsOf(periodsOf(span), rows, 'requests')}
              what="requests"
              span={`Last ${DAYS} days`}
            />
          )}
        </Loaded>
      )}
    </section>
  )
}
