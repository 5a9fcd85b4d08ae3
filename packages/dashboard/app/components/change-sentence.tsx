import { describeFields } from '../lib/describe.ts'
import { plural, showMinute } from '../lib/format.ts'
import { href } from '../lib/router.ts'
import type { Assignment, Change } from '../lib/types.ts'
import { ShortSubjectLink } from './subject.tsx'

/** What was done; who did it is said before. */
export function ChangeSentence({ change }: { readonly change: Change }) {
  switch (change.type) {
    case 'plans.replaced':
      return (
        <>
          replaced all plans: now {plural(Object.keys(change.plans).length, 'plan')}, the default is{' '}
          <PlanName name={change.default} />
        </>
      )
    case 'plan.set':
      return (
        <>
          set the plan <PlanName name={change.plan} />: {listOf(describeFields(change.options))}
        </>
      )
    case 'plan.deleted':
      return (
        <>
          deleted the plan <b>{change.plan}</b>
        </>
      )
    case 'default.set':
      return (
        <>
          made <PlanName name={change.plan} /> the default plan
        </>
      )
    case 'subject.set':
      return (
        <>
          put <ShortSubjectLink id={change.subject} /> on <PlanName name={change.assignment.plan} />
          {exceptionsOf(change.assignment)}
        </>
      )
    case 'subject.deleted':
      return (
        <>
          put <ShortSubjectLink id={change.subject} /> back on the default plan
        </>
      )
    case 'subject.reset':
      return (
        <>
          reset what <ShortSubjectLink id={change.subject} /> has used
        </>
      )
    default:
      // A newer service may know more; the raw change says it.
      return <>made a change of another kind</>
  }
}

function PlanName({ name }: { readonly name: string }) {
  return <a href={href(['plans', name])}>{name}</a>
}

function listOf(parts: readonly string[]): string {
  return parts.length === 0 ? 'nothing of its own' : parts.join(', ')
}

function exceptionsOf({ plan: _plan, until, ...exceptions }: Assignment): string {
  const parts = describeFields(exceptions)
  return [
    ...(parts.length > 0 ? [`, with ${parts.join(', ')}`] : []),
    ...(until !== undefined ? [`, until ${showMinute(Date.parse(until))}`] : []),
  ].join('')
}
