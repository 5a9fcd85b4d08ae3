import { useSignal } from '@preact/signals'
import type { TargetedEvent } from 'preact'
import { useRef } from 'preact/hooks'
import { api } from '../lib/api.ts'
import { notify } from '../lib/notice.ts'
import { defaultsOf, LIMIT_FIELDS, MORE_FIELDS, readFields, valuesOf } from '../lib/plan-form.ts'
import { isConflict, toProblem } from '../lib/problem.ts'
import { go } from '../lib/router.ts'
import type { PlanOptions, Plans } from '../lib/types.ts'
import { useForm } from '../lib/use-form.ts'
import { SelectField, TextField } from './field.tsx'
import { LimitFields } from './limit-fields.tsx'
import { ProblemNote } from './problem-note.tsx'

interface Props {
  /** Undefined for a new plan. */
  readonly name: string | undefined
  readonly plans: Plans
  onReload(): void
}

export function PlanForm({ name, plans, onReload }: Props) {
  const isThere = name === undefined || Object.hasOwn(plans.plans, name)
  // Of a plan that somebody else has deleted, what it said last.
  const known = useRef<PlanOptions>({})
  if (name !== undefined && isThere) known.current = plans.plans[name] ?? {}
  const before = known.current
  const isOvertaken = useSignal(false)
  const { form, values, errors, problem, isBusy, set, reset, refuse, send } = useForm({
    ...valuesOf(before),
    name: name ?? '',
    extends: before.extends ?? '',
  })

  const save = async (own: string, options: PlanOptions): Promise<void> => {
    try {
      await api.putPlan(own, options, plans.revision)
    } catch (error) {
      isOvertaken.value = isConflict(toProblem(error))
      if (!isOvertaken.value) throw error
      onReload()
    }
  }
  const submit = async (event: TargetedEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault()
    const own = name ?? (values['name'] ?? '').trim()
    const { fields, errors } = readFields(values, [...LIMIT_FIELDS, ...MORE_FIELDS])
    if (own === '') errors['name'] = 'Give it a name'
    else if (name === undefined && Object.hasOwn(plans.plans, own))
      errors['name'] = 'There is a plan of this name'
    if (refuse(errors)) return
    const begun = values['extends'] ?? ''
    const isSent = await send(() => save(own, { ...(begun !== '' && { extends: begun }), ...fields }))
    if (!isSent || isOvertaken.value) return
    notify(`The plan ${own} was saved.`)
    // Unless one has gone elsewhere meanwhile.
    if (form.current) go('#/plans')
  }
  const text = (field: string, label: string, hint?: string) => (
    <TextField
      label={label}
      name={field}
      value={values[field] ?? ''}
      error={errors[field]}
      {...(hint !== undefined && { hint })}
      onValue={(value) => set(field, value)}
    />
  )

  return (
    <form ref={form} class="card form" onSubmit={(event) => void submit(event)} noValidate>
      {problem && <ProblemNote problem={problem} what="Not saved." />}
      {isOvertaken.value && (
        <div class="note note-warning" role="alert">
          <p>
            <strong>
              Not saved: {isThere ? 'somebody changed the plans meanwhile' : 'somebody has deleted this plan'}
              .
            </strong>{' '}
            {isThere
              ? 'What you have typed is still here, and all else is as it is now. Look it over, and save again.'
              : 'What it said is still here: saving makes it anew.'}
          </p>
          {isThere && (
            <button
              type="button"
              onClick={() => {
                isOvertaken.value = false
                reset()
              }}
            >
              Take theirs
            </button>
          )}
        </div>
      )}
      <div class="field-row">
        {name === undefined && text('name', 'Name', 'A letter, then letters, digits, ".", "-" and "_"')}
        <SelectField
          label="Begins as"
          name="extends"
          value={values['extends'] ?? ''}
          options={[['', 'nothing'], ...Object.keys(plans.plans).filter((other) => other !== name)]}
          error={errors['extends']}
          onValue={(value) => set('extends', value)}
        />
        {text('priority', 'Priority', 'Higher goes before lower; 0 unless told')}
      </div>
      <fieldset>
        <legend>Limits</legend>
        <p class="hint">
          Empty is as the plan it begins as says, shown in grey, or else not limited. <code>none</code> takes
          a limit away.
        </p>
        <LimitFields
          values={values}
          errors={errors}
          defaults={defaultsOf(plans, values['extends'])}
          set={set}
        />
        <div class="field-row">
          {text('timeZone', 'Time zone', 'Where days and months begin: UTC unless told')}
          {text('anchorDay', 'First day of the month', '1 unless told')}
        </div>
        <TextField
          label="Other limits"
          name="limits"
          rows={values['limits'] === '' ? 3 : 8}
          value={values['limits'] ?? ''}
          error={errors['limits']}
          placeholder='{ "exports": { "algorithm": "sliding-log", "limit": 10, "window": "1h" } }'
          hint="As JSON, by their names"
          onValue={(value) => set('limits', value)}
        />
      </fieldset>
      <div class="actions">
        <button type="submit" class="primary" disabled={isBusy}>
          Save
        </button>
        <a class="button" href="#/plans">
          Cancel
        </a>
      </div>
    </form>
  )
}
