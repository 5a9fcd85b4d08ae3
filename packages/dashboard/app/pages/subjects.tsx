import { SelectField, TextField } from '../components/field.tsx'
import { Loaded } from '../components/loading.tsx'
import { PageHead } from '../components/page-head.tsx'
import { Subject, SubjectLink } from '../components/subject.tsx'
import { api } from '../lib/api.ts'
import { describeFields } from '../lib/describe.ts'
import { showMinute } from '../lib/format.ts'
import { useResource } from '../lib/resource.ts'
import { go, href, place, refine } from '../lib/router.ts'
import type { Assignment, SubjectPage } from '../lib/types.ts'
import { useTyped } from '../lib/use-typed.ts'

const PAGE_SIZE = 50

export function SubjectsPage() {
  const { query } = place.value
  const said = (name: string): string => query.get(name) ?? ''
  const [prefix, plan, after] = [said('prefix'), said('plan'), said('after')] as const
  const asked = { prefix, plan, after, limit: PAGE_SIZE }
  const page = useResource(JSON.stringify(asked), (signal) => api.subjects(asked, signal))
  const plans = useResource('plans', (signal) => api.plans(signal))
  const [typed, type] = useTyped(prefix, (prefix) => refine({ prefix, after: '' }))
  // One that was deleted, or mistyped in the address.
  const others = plan !== '' && plans.data && !Object.hasOwn(plans.data.plans, plan) ? [plan] : []

  return (
    <>
      <PageHead title="Customers" name="Customers" />
      <form
        class="filters"
        aria-label="Which customers"
        onSubmit={(event) => {
          event.preventDefault()
          refine({ prefix: typed, after: '' })
        }}
      >
        <TextField
          class="grow"
          label="Id begins with"
          name="prefix"
          type="search"
          maxLength={512}
          value={typed}
          onValue={type}
        />
        <SelectField
          label="Plan"
          name="plan"
          value={plan}
          options={[['', 'all plans'], ...Object.keys(plans.data?.plans ?? {}), ...others]}
          onValue={(value) => refine({ plan: value, after: '' })}
        />
        <button type="button" disabled={typed === ''} onClick={() => go(href(['customers', typed]))}>
          Open this id
        </button>
      </form>
      <p class="quiet">
        Listed are customers with an assignment of their own. Everybody else is on the default plan
        {plans.data && (
          <>
            , <a href={href(['plans', plans.data.default])}>{plans.data.default}</a>
          </>
        )}
        : open anybody by their id.
      </p>
      <Loaded of={page} what="customers">
        {(data) => <List page={data} isFirst={after === ''} isBusy={page.isLoading} prefix={prefix} />}
      </Loaded>
    </>
  )
}

interface ListProps {
  readonly page: SubjectPage
  readonly isFirst: boolean
  readonly isBusy: boolean
  readonly prefix: string
}

function List({ page: { subjects, next }, isFirst, isBusy, prefix }: ListProps) {
  if (subjects.length === 0)
    return (
      <div class="card empty">
        {prefix === '' ? (
          <p>Nobody has an assignment here. Type an id above and open it to give it a plan.</p>
        ) : (
          <p>
            No customer with an assignment begins so.{' '}
            <a href={href(['customers', prefix])}>
              Open <Subject id={prefix} />
            </a>{' '}
            all the same.
          </p>
        )}
        {!isFirst && <FirstPage />}
      </div>
    )
  return (
    <div class="card" aria-busy={isBusy}>
      <table class="fixed stacks">
        <thead>
          <tr>
            <th>Customer</th>
            <th class="plan-column">Plan</th>
            <th>Exceptions</th>
            <th class="date-column">Changed</th>
          </tr>
        </thead>
        <tbody>
          {subjects.map(({ subject, assignment, changedAt }) => (
            <tr key={subject}>
              <td class="cut">
                <SubjectLink id={subject} />
              </td>
              <td class="cut" data-name="Plan">
                <a href={href(['plans', assignment.plan])}>{assignment.plan}</a>
              </td>
              <td data-name="Exceptions">{exceptionsOf(assignment)}</td>
              <td class="quiet" data-name="Changed">
                {showMinute(changedAt)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {(next !== null || !isFirst) && (
        <nav class="pager" aria-label="Pages of customers">
          {!isFirst && <FirstPage />}
          {next !== null && (
            <a
              class="button"
              href={href(['customers'], { ...Object.fromEntries(place.value.query), after: next })}
            >
              Next page
            </a>
          )}
        </nav>
      )}
    </div>
  )
}

function FirstPage() {
  const { after: _, ...query } = Object.fromEntries(place.value.query)
  return (
    <a class="button" href={href(['customers'], query)}>
      First page
    </a>
  )
}

function exceptionsOf({ plan: _plan, until, ...exceptions }: Assignment) {
  const parts = describeFields(exceptions)
  if (parts.length === 0 && until === undefined) return <span class="quiet">none</span>
  const isOver = until !== undefined && Date.parse(until) <= Date.now()
  return (
    <span class="chips">
      {parts.map((part) => (
        <span key={part} class="chip">
          {part}
        </span>
      ))}
      {until !== undefined && (
        <span class={`chip ${isOver ? 'chip-warning' : ''}`}>
          {isOver ? 'ended' : 'until'} {showMinute(Date.parse(until))}
        </span>
      )}
    </span>
  )
}
