import { useSignal } from '@preact/signals'
import { AccessNote } from '../components/access-note.tsx'
import { AssignmentForm } from '../components/assignment-form.tsx'
import { ChangeList } from '../components/change-list.tsx'
import { Confirm } from '../components/confirm.tsx'
import { Dialog } from '../components/dialog.tsx'
import { LimitBar } from '../components/limit-bar.tsx'
import { Loaded } from '../components/loading.tsx'
import { PageHead } from '../components/page-head.tsx'
import { Subject } from '../components/subject.tsx'
import { SubjectUsage } from '../components/subject-usage.tsx'
import { api } from '../lib/api.ts'
import { describeFields } from '../lib/describe.ts'
import { showMinute } from '../lib/format.ts'
import { notify } from '../lib/notice.ts'
import { useResource } from '../lib/resource.ts'
import { href } from '../lib/router.ts'
import { canEdit, canManage } from '../lib/session.ts'
import type { Assignment, SubjectDetail } from '../lib/types.ts'
import { visibleText } from '../lib/visible-text.ts'

const POLL_MS = 2_000
type Asked = 'edit' | 'remove' | 'reset'

export function SubjectPage({ id }: { readonly id: string }) {
  const detail = useResource(
    id,
    async (signal) => ({ subject: await api.subject(id, signal), at: Date.now() }),
    POLL_MS,
  )
  const changes = useResource(id, (signal) => api.changes({ subject: id, limit: 20 }, signal))
  const asked = useSignal<Asked | undefined>(undefined)
  const close = (): void => {
    asked.value = undefined
  }
  const done = (what: string): void => {
    notify(what)
    detail.reload()
    changes.reload()
  }
  const assignment = detail.data?.subject.assignment ?? undefined

  return (
    <>
      <PageHead
        name={visibleText(id)}
        title={
          <>
            <a class="crumb" href="#/customers">
              Customers
            </a>{' '}
            <Subject id={id} />
          </>
        }
      >
        {canEdit.value && detail.data && (
          <>
            <button
              type="button"
              onClick={() => {
                asked.value = 'edit'
              }}
            >
              Change plan
            </button>
            {assignment && (
              <button
                type="button"
                onClick={() => {
                  asked.value = 'remove'
                }}
              >
                Remove assignment
              </button>
            )}
          </>
        )}
        {canManage.value && detail.data && (
          <button
            type="button"
            onClick={() => {
              asked.value = 'reset'
            }}
          >
            Reset
          </button>
        )}
      </PageHead>
      <AccessNote what="customers" />
      <Loaded of={detail} what="this customer">
        {({ subject, at }) => <Detail detail={subject} at={at} />}
      </Loaded>
      <SubjectUsage id={id} />
      <section class="card" aria-labelledby="own-changes">
        <h2 id="own-changes">Changes</h2>
        <Loaded of={changes} what="changes">
          {(data) =>
            data.changes.length === 0 ? (
              <p class="empty">Nothing was changed for this customer.</p>
            ) : (
              <>
                <ChangeList changes={data.changes} />
                {data.next !== null && <a href={href(['changes'], { subject: id })}>All changes</a>}
              </>
            )
          }
        </Loaded>
      </section>
      {asked.value === 'edit' && (
        <Dialog
          onClose={close}
          title={
            <>
              Plan of <Subject id={id} />
            </>
          }
        >
          <AssignmentForm
            id={id}
            assignment={assignment}
            onDone={() => {
              close()
              done('The plan was changed.')
            }}
            onClose={close}
          />
        </Dialog>
      )}
      {asked.value === 'remove' && (
        <Confirm
          title="Remove the assignment?"
          action="Remove"
          onClose={close}
          run={async () => {
            await api.deleteSubject(id)
            done('The assignment was removed.')
          }}
        >
          <p>
            <Subject id={id} /> goes back to the default plan, and its exceptions are gone. What it has used
            stays counted.
          </p>
        </Confirm>
      )}
      {asked.value === 'reset' && (
        <Confirm
          title="Reset what was used?"
          action="Reset"
          onClose={close}
          run={async () => {
            await api.resetSubject(id)
            done('What was used was reset.')
          }}
        >
          <p>
            All limits of <Subject id={id} /> are whole again, the daily and monthly ones too. What was
            counted for bills stays.
          </p>
        </Confirm>
      )}
    </>
  )
}

function Detail({ detail, at }: { readonly detail: SubjectDetail; readonly at: number }) {
  const { plan, priority, assignment, changedAt, limits, degraded } = detail
  return (
    <>
      {degraded !== null && (
        <p class="banner banner-warning" role="status">
          <b>The store does not answer.</b> These figures were made without it.
        </p>
      )}
      <dl class="facts card">
        <div>
          <dt>Plan</dt>
          <dd>
            <a href={href(['plans', plan])}>{plan}</a>{' '}
            {assignment === null && <span class="quiet">(default)</span>}
          </dd>
        </div>
        <div>
          <dt>Exceptions</dt>
          <dd>{assignment === null ? 'none' : exceptionsOf(assignment)}</dd>
        </div>
        <div>
          <dt>Until</dt>
          <dd>{assignment?.until === undefined ? 'no end' : endOf(assignment.until, assignment.plan, at)}</dd>
        </div>
        <div>
          <dt>Priority</dt>
          <dd>{priority}</dd>
        </div>
        {changedAt !== null && (
          <div>
            <dt>Changed</dt>
            <dd>{showMinute(changedAt)}</dd>
          </div>
        )}
      </dl>
      <section class="card" aria-labelledby="limits">
        <h2 id="limits">
          Limits <span class="quiet">live</span>
        </h2>
        <div class="limits">
          {Object.entries(limits).map(([name, standing]) => (
            <LimitBar key={name} name={name} standing={standing} at={at} />
          ))}
        </div>
      </section>
    </>
  )
}

function exceptionsOf({ plan: _plan, until: _until, ...exceptions }: Assignment): string {
  return describeFields(exceptions).join(', ') || 'none'
}

function endOf(until: string, plan: string, at: number): string {
  const end = Date.parse(until)
  return end > at ? showMinute(end) : `ended ${showMinute(end)}: was on ${plan}`
}
