import type { TargetedEvent } from 'preact'
import { api } from '../lib/api.ts'
import { describeFields } from '../lib/describe.ts'
import { defaultsOf, LIMIT_FIELDS, readFields, valuesOf } from '../lib/plan-form.ts'
import { useResource } from '../lib/resource.ts'
import type { Assignment, Plans } from '../lib/types.ts'
import { useForm } from '../lib/use-form.ts'
import { SelectField, TextField } from './field.tsx'
import { LimitFields } from './limit-fields.tsx'
import { Loaded } from './loading.tsx'
import { ProblemNote } from './problem-note.tsx'

interface Props {
  readonly id: string
  readonly assignment: Assignment | undefined
  onDone(): void
  onClose(): void
}

/** Puts a customer on a plan, with what is different for it alone. */
export function AssignmentForm(props: Props) {
  const plans = useResource('plans', (signal) => api.plans(signal))
  return (
    <Loaded of={plans} what="plans">
      {(data) => <Form {...props} plans={data} />}
    </Loaded>
  )
}

function Form({ id, assignment, plans, onDone, onClose }: Props & { readonly plans: Plans }) {
  const { plan: before, until, ...exceptions }: Assignment = assignment ?? { plan: plans.default }
  const { rate: _, burst: _b, daily: _d, monthly: _m, ...kept } = exceptions
  const own = valuesOf(exceptions)
  const { form, values, errors, problem, isBusy, set, refuse, send } = useForm({
    ...Object.fromEntries(LIMIT_FIELDS.map((name) => [name, own[name]])),
    plan: before,
    until: until === undefined ? '' : toLocal(until),
  })
  const submit = async (event: TargetedEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault()
    const { fields, errors } = readFields(values, LIMIT_FIELDS)
    const end = values['until'] === '' ? undefined : Date.parse(values['until'] ?? '')
    if (refuse(errors)) return
    const body: Assignment = {
      ...kept,
      ...fields,
      plan: values['plan'] ?? '',
      // Unchanged, it stays as exact as it was.
      ...(end !== undefined && {
        until:
          until !== undefined && values['until'] === toLocal(until) ? until : new Date(end).toISOString(),
      }),
    }
    if (await send(() => api.putSubject(id, body))) onDone()
  }
  const others = describeFields(kept)

  return (
    <form ref={form} onSubmit={(event) => void submit(event)} noValidate>
      {problem && <ProblemNote problem={problem} what="Not saved." />}
      <SelectField
        label="Plan"
        name="plan"
        value={values['plan'] ?? ''}
        options={[...new Set([before, ...Object.keys(plans.plans)])].map((name) => [
          name,
          name === plans.default ? `${name} (default)` : name,
        ])}
        error={errors['plan']}
        onValue={(value) => set('plan', value)}
      />
      <fieldset>
        <legend>Exceptions for this customer alone</legend>
        <p class="hint">
          Empty is as the plan says, shown in grey. <code>none</code> takes a limit away.
        </p>
        <LimitFields values={values} errors={errors} defaults={defaultsOf(plans, values['plan'])} set={set} />
        <TextField
          label="Until"
          name="until"
          type="datetime-local"
          value={values['until'] ?? ''}
          hint="From then on the default plan counts. Empty is without an end."
          error={errors['until']}
          onValue={(value) => set('until', value)}
        />
        {others.length > 0 && <p class="hint">Kept as it is: {others.join(', ')}.</p>}
      </fieldset>
      <div class="actions">
        <button type="submit" class="primary" disabled={isBusy}>
          Save
        </button>
        <button type="button" onClick={onClose}>
          Cancel
        </button>
      </div>
    </form>
  )
}

/** As `<input type="datetime-local">` takes it: by the clocks of here, to the minute. */
function toLocal(until: string): string {
  const at = new Date(until)
  if (Number.isNaN(at.getTime())) return ''
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16)
}
