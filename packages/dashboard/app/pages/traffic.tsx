import { useSignal } from '@preact/signals'
import { SelectField } from '../components/field.tsx'
import { Loaded } from '../components/loading.tsx'
import { PageHead } from '../components/page-head.tsx'
import { StoreBanner } from '../components/store-banner.tsx'
import { SubjectLink } from '../components/subject.tsx'
import { Tile } from '../components/tile.tsx'
import { TrafficChart } from '../components/traffic-chart.tsx'
import { api } from '../lib/api.ts'
import { showCount, showMoment, showRate, showShare } from '../lib/format.ts'
import { useResource } from '../lib/resource.ts'
import { href } from '../lib/router.ts'
import type { Live } from '../lib/types.ts'

const POLL_MS = 2_000
const WINDOWS = [
  ['120', '2 minutes'],
  ['300', '5 minutes'],
  ['900', '15 minutes'],
] as const
const STATES = { closed: 'answers', open: 'is away', 'half-open': 'is tried again' } as const

export function TrafficPage() {
  const seconds = useSignal('120')
  const live = useResource(seconds.value, (signal) => api.live(Number(seconds.value), signal), POLL_MS)
  return (
    <>
      <PageHead title="Traffic" name="Traffic">
        <SelectField
          class="inline"
          label="Last"
          name="window"
          value={seconds.value}
          options={WINDOWS}
          onValue={(value) => {
            seconds.value = value
          }}
        />
      </PageHead>
      <Loaded of={live} what="the traffic">
        {(data) => <Traffic live={data} />}
      </Loaded>
    </>
  )
}

function Traffic({ live }: { readonly live: Live }) {
  const { store, instance, startedAt } = live
  // The current second isn't over: it would always look like a dip.
  const seconds = live.seconds.slice(0, -1)
  const sum = (of: 'allowed' | 'denied' | 'degraded'): number =>
    live.seconds.reduce((sum, second) => sum + second[of], 0)
  const [allowed, denied, degraded] = [sum('allowed'), sum('denied'), sum('degraded')]
  const all = allowed + denied
  return (
    <>
      <StoreBanner live={live} />
      <div class="tiles">
        <Tile
          name="Decisions"
          value={showCount(all)}
          more={`${showRate(all / live.seconds.length)} per second`}
        />
        <Tile name="Allowed" value={showCount(allowed)} more={showShare(allowed, all)} colour="allowed" />
        <Tile name="Denied" value={showCount(denied)} more={showShare(denied, all)} colour="denied" />
        <Tile
          name="Degraded"
          value={showCount(degraded)}
          more="decided without the store"
          colour="degraded"
        />
        <Tile
          name="Store"
          value={store.name}
          more={STATES[store.state] ?? store.state}
          {...(store.state !== 'closed' && { colour: 'bad' as const })}
        />
      </div>
      <section class="card" aria-labelledby="per-second">
        <h2 id="per-second">Decisions per second</h2>
        <TrafficChart seconds={seconds} />
      </section>
      <div class="columns">
        <ByPlan live={live} />
        <MostDenied live={live} />
      </div>
      <p class="quiet footnote">
        Instance <code>{instance}</code>, since {showMoment(startedAt)}. Other instances show their own
        traffic.
      </p>
    </>
  )
}

function ByPlan({ live: { plans } }: { readonly live: Live }) {
  return (
    <section class="card" aria-labelledby="by-plan">
      <h2 id="by-plan">
        Plans <span class="quiet">last 15 minutes</span>
      </h2>
      {plans.length === 0 ? (
        <p class="empty">
          Nobody has asked yet. Decisions come from <code>POST /v1/consume</code>.
        </p>
      ) : (
        <table>
          <thead>
            <tr>
              <th>Plan</th>
              <th class="number">Allowed</th>
              <th class="number">Denied</th>
              <th class="number">Share denied</th>
            </tr>
          </thead>
          <tbody>
            {plans.map(({ plan, allowed, denied }) => (
              <tr key={plan}>
                <td>
                  <a href={href(['plans', plan])}>{plan}</a>
                </td>
                <td class="number">{showCount(allowed)}</td>
                <td class="number">{showCount(denied)}</td>
                <td class="number">
                  <span class="share" aria-hidden="true">
                    <i style={{ width: `${(100 * denied) / Math.max(1, allowed + denied)}%` }} />
                  </span>
                  <span class="share-figure">{showShare(denied, allowed + denied)}</span>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  )
}

function MostDenied({ live: { denied } }: { readonly live: Live }) {
  return (
    <section class="card" aria-labelledby="most-denied">
      <h2 id="most-denied">
        Denied most <span class="quiet">last 15 minutes</span>
      </h2>
      {denied.length === 0 ? (
        <p class="empty">Nobody was denied.</p>
      ) : (
        <table class="fixed">
          <thead>
            <tr>
              <th>Customer</th>
              <th class="plan-column">Plan</th>
              <th class="number number-column">Denied</th>
            </tr>
          </thead>
          <tbody>
            {denied.map(({ subject, plan, denied }) => (
              <tr key={subject}>
                <td class="cut">
                  <SubjectLink id={subject} />
                </td>
                <td class="cut">
                  <a href={href(['plans', plan])}>{plan}</a>
                </td>
                <td class="number">{showCount(denied)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  )
}
