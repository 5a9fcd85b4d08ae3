import { useRef } from 'preact/hooks'
import { AccessNote } from '../components/access-note.tsx'
import { Loaded } from '../components/loading.tsx'
import { PageHead } from '../components/page-head.tsx'
import { PlanForm } from '../components/plan-form.tsx'
import { api } from '../lib/api.ts'
import { describeLimit } from '../lib/describe.ts'
import { useResource } from '../lib/resource.ts'
import { href } from '../lib/router.ts'
import { canEdit } from '../lib/session.ts'
import type { Plans } from '../lib/types.ts'

/** No plan's name begins with a plus. */
const NEW = '+new'

export function PlanPage({ name }: { readonly name: string }) {
  const plans = useResource('plans', (signal) => api.plans(signal))
  const isNew = name === NEW
  // Whoever edits a plan that somebody else deletes keeps the form.
  const wasThere = useRef(isNew)
  return (
    <>
      <PageHead
        name={isNew ? 'New plan' : `Plan ${name}`}
        title={
          <>
            <a class="crumb" href="#/plans">
              Plans
            </a>{' '}
            {isNew ? 'New plan' : name}
          </>
        }
      >
        {!isNew && (
          <a class="button" href={href(['customers'], { plan: name })}>
            Customers on it
          </a>
        )}
      </PageHead>
      <AccessNote what="plans" />
      <Loaded of={plans} what="plans">
        {(data) => {
          wasThere.current ||= Object.hasOwn(data.plans, name)
          if (!wasThere.current)
            return (
              <p class="card empty">
                There is no plan of this name. <a href="#/plans">See those that there are.</a>
              </p>
            )
          if (canEdit.value)
            return <PlanForm name={isNew ? undefined : name} plans={data} onReload={plans.reload} />
          return isNew ? null : <Limits plans={data} name={name} />
        }}
      </Loaded>
    </>
  )
}

function Limits({ plans, name }: { readonly plans: Plans; readonly name: string }) {
  const { priority = 0, limits = {} } = plans.compiled[name] ?? {}
  return (
    <dl class="facts card">
      {Object.entries(limits).map(([limit, own]) => (
        <div key={limit}>
          <dt>{limit}</dt>
          <dd>{describeLimit(own)}</dd>
        </div>
      ))}
      <div>
        <dt>priority</dt>
        <dd>{priority}</dd>
      </div>
    </dl>
  )
}
