import { useSignal } from '@preact/signals'
import { ChangeList } from '../components/change-list.tsx'
import { Loaded } from '../components/loading.tsx'
import { PageHead } from '../components/page-head.tsx'
import { ProblemNote } from '../components/problem-note.tsx'
import { SubjectLink } from '../components/subject.tsx'
import { api } from '../lib/api.ts'
import { type Problem, toProblem } from '../lib/problem.ts'
import { useResource } from '../lib/resource.ts'
import { place } from '../lib/router.ts'
import type { ChangePage } from '../lib/types.ts'

const PAGE_SIZE = 50

export function ChangesPage() {
  const subject = place.value.query.get('subject') ?? ''
  const first = useResource(subject, (signal) => api.changes({ subject, limit: PAGE_SIZE }, signal))
  return (
    <>
      <PageHead title="Changes" name="Changes">
        <button type="button" onClick={first.reload}>
          Look again
        </button>
      </PageHead>
      {subject !== '' && (
        <p class="quiet">
          Only those of <SubjectLink id={subject} />. <a href="#/changes">Show all</a>
        </p>
      )}
      <Loaded of={first} what="changes">
        {(data) => <Pages key={`${subject} ${data.changes[0]?.id}`} first={data} subject={subject} />}
      </Loaded>
    </>
  )
}

function Pages({ first, subject }: { readonly first: ChangePage; readonly subject: string }) {
  const older = useSignal<readonly ChangePage[]>([])
  const problem = useSignal<Problem | undefined>(undefined)
  const isBusy = useSignal(false)
  const pages = [first, ...older.value]
  const next = pages.at(-1)?.next ?? null
  const more = async (before: number): Promise<void> => {
    isBusy.value = true
    problem.value = undefined
    try {
      older.value = [...older.value, await api.changes({ subject, before, limit: PAGE_SIZE })]
    } catch (error) {
      problem.value = toProblem(error)
    }
    isBusy.value = false
  }
  if (first.changes.length === 0)
    return (
      <p class="card empty">Nothing was changed yet. What is changed to plans and customers is told here.</p>
    )
  return (
    <div class="card">
      <ChangeList changes={pages.flatMap(({ changes }) => changes)} />
      {problem.value && <ProblemNote problem={problem.value} />}
      {next !== null && (
        <div class="pager">
          <button type="button" disabled={isBusy.value} onClick={() => void more(next)}>
            Older changes
          </button>
        </div>
      )}
    </div>
  )
}
