import { useSignal } from '@preact/signals'
import type { RefObject } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { type Errors, fieldOf, type Values } from './plan-form.ts'
import { type Problem, toProblem } from './problem.ts'

export interface Form {
  readonly values: Values
  readonly errors: Errors
  /** What is wrong with none of the fields. */
  readonly problem: Problem | undefined
  readonly isBusy: boolean
  readonly form: RefObject<HTMLFormElement | null>
  set(name: string, value: string): void
  /** Starts over. */
  fill(values: Values): void
  /** Shows what is wrong before anything is sent. True where something is. */
  refuse(errors: Errors): boolean
  /** Sends it; what the service says against it is shown at the field it names. */
  send(run: () => Promise<unknown>): Promise<boolean>
}

export function useForm(initial: Values): Form {
  const values = useSignal(initial)
  const errors = useSignal<Errors>({})
  const problem = useSignal<Problem | undefined>(undefined)
  const isBusy = useSignal(false)
  const form = useRef<HTMLFormElement>(null)

  // Whoever can't see what has turned red is taken there.
  useEffect(() => {
    if (Object.keys(errors.value).length > 0)
      form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus()
  }, [errors.value])

  return {
    values: values.value,
    errors: errors.value,
    problem: problem.value,
    isBusy: isBusy.value,
    form,
    set(name, value) {
      values.value = { ...values.value, [name]: value }
    },
    fill(anew) {
      values.value = anew
      errors.value = {}
      problem.value = undefined
    },
    refuse(found) {
      errors.value = found
      problem.value = undefined
      return Object.keys(found).length > 0
    },
    async send(run) {
      isBusy.value = true
      errors.value = {}
      problem.value = undefined
      try {
        await run()
        return true
      } catch (error) {
        const cause = toProblem(error)
        const field = fieldOf(cause.option, Object.keys(values.value))
        if (field === undefined) problem.value = cause
        else errors.value = { [field]: cause.message }
        return false
      } finally {
        isBusy.value = false
      }
    },
  }
}
