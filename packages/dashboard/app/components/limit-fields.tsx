import type { Errors, Values } from '../lib/plan-form.ts'
import { TextField } from './field.tsx'

interface Props {
  readonly values: Values
  readonly errors: Errors
  /** What holds where a field is left empty. */
  readonly defaults: Values
  set(name: string, value: string): void
}

/** The rate, its burst, and the quotas: of a plan, and of a customer's exceptions from it. */
export function LimitFields({ values, errors, defaults, set }: Props) {
  const field = (name: string, label: string, more: { readonly suggestions?: readonly string[] } = {}) => (
    <TextField
      label={label}
      name={name}
      value={values[name] ?? ''}
      placeholder={defaults[name] ?? ''}
      error={errors[name]}
      onValue={(value) => set(name, value)}
      {...more}
    />
  )
  return (
    <>
      <div class="field-row">
        {field('rate.limit', 'Rate')}
        {field('rate.per', 'per', { suggestions: ['1s', '10s', '1m', '1h', '1d'] })}
        {field('burst', 'Burst')}
      </div>
      <div class="field-row">
        {field('daily', 'Daily')}
        {field('monthly', 'Monthly')}
      </div>
    </>
  )
}
