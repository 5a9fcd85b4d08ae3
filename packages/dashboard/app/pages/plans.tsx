import { useSignal } from '@preact/signals'
import { AccessNote } from '../components/access-note.tsx'
import { Confirm } from '../components/confirm.tsx'
import { Loaded } from '../components/loading.tsx'
import { PageHead } from '../components/page-head.tsx'
import { PlanImport } from '../components/plan-import.tsx'
import { api } from '../lib/api.ts'
import { describeLimit } from '../lib/describe.ts'
import { perText } from '../lib/duration.ts'
import { showCount } from '../lib/format.ts'
import { notify } from '../lib/notice.ts'
import { useResource } from '../lib/resource.ts'
import { href } from '../lib/router.ts'
import { saveFile } from '../lib/save-file.ts'
import { canEdit } from '../lib/session.ts'
import type { Limit, Plans } from '../lib/types.ts'

type Asked = { readonly what: 'delete' | 'default'; readonly plan: string }

export function PlansPage() {
  const plans = useResource('plans', (signal) => api.plans(signal))
  const asked = useSignal<Asked | undefined>(undefined)
  const close = (): void => {
    asked.value = undefined
  }
  const { data } = plans
  return (
    <>
      <PageHead title="Plans" name="Plans">
        {data && (
          <>
            {canEdit.value && (
              <a class="button primary" href={href(['plans', '+new'])}>
                New plan
              </a>
            )}
            {canEdit.value && <PlanImport plans={data} onDone={plans.reload} />}
            <button type="button" onClick={() => exportPlans(data)}>
              Export
            </button>
          </>
        )}
      </PageHead>
      <AccessNote what="plans" />
      <Loaded of={plans} what="plans">
        {(data) => (
          <PlanTable
            plans={data}
            onAsk={(what, plan) => {
              asked.value = { what, plan }
            }}
          />
        )}
      </Loaded>
      {data && asked.value?.what === 'delete' && (
        <Confirm
          title={`Delete the plan ${asked.value.plan}?`}
          action="Delete"
          onClose={close}
          run={() => change(api.deletePlan(asked.value?.plan ?? '', data.revision), plans.reload)}
        >
          <p>Plans that somebody is on, or that others begin as, are not deleted.</p>
        </Confirm>
      )}
      {data && asked.value?.what === 'default' && (
        <Confirm
          title={`Make ${asked.value.plan} the default plan?`}
          action="Make default"
          onClose={close}
          run={() => change(api.setDefault(asked.value?.plan ?? '', data.revision), plans.reload)}
        >
          <p>
            Everybody without an assignment of their own is then on it, instead of on {data.default}. What
            they have used stays counted.
          </p>
        </Confirm>
      )}
    </>
  )
}

/** Reloads also where it fails: somebody may have changed the plans meanwhile, and the next try is to know. */
async function change(changing: Promise<unknown>, reload: () => void): Promise<void> {
  try {
    await changing
    notify('The plans were changed.')
  } finally {
    reload()
  }
}

function exportPlans({ default: name, plans }: Plans): void {
  const text = `${JSON.stringify({ default: name, plans }, undefined, 2)}\n`
  saveFile('headgate-plans.json', new Blob([text], { type: 'application/json' }))
}

interface TableProps {
  readonly plans: Plans
  onAsk(what: Asked['what'], plan: string): void
}

function PlanTable({ plans: { plans, compiled, default: standard }, onAsk }: TableProps) {
  return (
    <div class="card">
      <table class="stacks plans">
        <thead>
          <tr>
            <th>Plan</th>
            <th class="number">Rate</th>
            <th class="number">Burst</th>
            <th class="number">Daily</th>
            <th class="number">Monthly</th>
            <th class="number">Priority</th>
            <th>Other limits</th>
            {canEdit.value && <th class="buttons-column">Actions</th>}
          </tr>
        </thead>
        <tbody>
          {Object.entries(plans).map(([name, options]) => {
            const { limits = {}, priority = 0 } = compiled[name] ?? {}
            const { rate, daily, monthly, ...others } = limits
            return (
              <tr key={name}>
                <th scope="row">
                  <a href={href(['plans', name])}>{name}</a>
                  {name === standard && <span class="chip chip-default">default</span>}
                  {options.extends !== undefined && (
                    <span class="quiet small">begins as {options.extends}</span>
                  )}
                </th>
                <td class="number" data-name="Rate">
                  {rate?.algorithm === 'token-bucket' ? (
                    <>
                      {showCount(rate.refill)} <span class="quiet">per {perText(rate.per)}</span>
                    </>
                  ) : (
                    <Nothing />
                  )}
                </td>
                <td class="number" data-name="Burst">
                  {rate?.algorithm === 'token-bucket' ? showCount(rate.capacity) : <Nothing />}
                </td>
                <td class="number" data-name="Daily">
                  <Quota limit={daily} />
                </td>
                <td class="number" data-name="Monthly">
                  <Quota limit={monthly} />
                </td>
                <td class="number" data-name="Priority">
                  {showCount(priority)}
                </td>
                <td data-name="Other limits">
                  {Object.keys(others).length === 0 ? (
                    <Nothing />
                  ) : (
                    Object.entries(others).map(([other, limit]) => (
                      <div key={other}>
                        {other}: <span class="quiet">{describeLimit(limit)}</span>
                      </div>
                    ))
                  )}
                </td>
                {canEdit.value && (
                  <td class="buttons">
                    <a class="button" href={href(['plans', name])} aria-label={`Edit ${name}`}>
                      Edit
                    </a>
                    <button
                      type="button"
                      disabled={name === standard}
                      aria-label={`Make default: ${name}`}
                      onClick={() => onAsk('default', name)}
                    >
                      Make default
                    </button>
                    <button
                      type="button"
                      disabled={name === standard}
                      title={name === standard ? 'The default plan can’t be deleted' : ''}
                      aria-label={`Delete ${name}`}
                      onClick={() => onAsk('delete', name)}
                    >
                      Delete
                    </button>
                  </td>
                )}
              </tr>
            )
          })}
        </tbody>
      </table>
    </div>
  )
}

function Quota({ limit }: { readonly limit: Limit | undefined }) {
  if (limit?.algorithm !== 'quota') return <Nothing />
  const { timeZone, anchorDay } = limit
  const more = [timeZone, anchorDay === undefined ? undefined : `from day ${anchorDay}`].filter(Boolean)
  return (
    <>
      {showCount(limit.limit)}
      {more.length > 0 && <span class="quiet small">{more.join(', ')}</span>}
    </>
  )
}

/** Not limited. */
function Nothing() {
  return (
    <span class="quiet">
      <span aria-hidden="true">–</span>
      <span class="visually-hidden">not limited</span>
    </span>
  )
}
