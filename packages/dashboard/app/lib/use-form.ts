import { useSignal } from '@preact/signals'
import type { RefObject } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { notify } from './notice.ts'
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
  /** Starts over with what it was made from, as that is now. */
  reset(): void
  /** Shows what is wrong before anything is sent. True where something is. */
  refuse(errors: Errors): boolean
  /** Sends it; what the service says against it is shown at the field it names. */
  send(run: () => Promise<unknown>): Promise<boolean>
}

/**
 * A form that is filled with what there is. Where that changes meanwhile, by whomever, fields that nobody has touched follow, and
 * what was typed stays; where both have written into a field, it says what the other wrote.
 */
export function useForm(source: Values): Form {
  const values = useSignal(source)
  const followed = useRef(source)
  const errors = useSignal<Errors>({})
  const problem = useSignal<Problem | undefined>(undefined)
  const isBusy = useSignal(false)
  const form = useRef<HTMLFormElement>(null)

  useEffect(() => {
    const before = followed.current
    followed.current = source
    const mine = values.peek()
    const touched = Object.keys(mine).filter((name) => mine[name] !== before[name])
    values.value = { ...source, ...Object.fromEntries(touched.map((name) => [name, mine[name] ?? ''])) }
    const theirs = touched.filter((name) => source[name] !== before[name] && source[name] !== mine[name])
    if (theirs.length > 0)
      errors.value = Object.fromEntries(theirs.map((name) => [name, meanwhile(source[name])]))
  }, [JSON.stringify(source)])

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
    reset() {
      values.value = source
      errors.value = {}
      problem.value = undefined
    },
    refuse(found) {
      // Of what is half a date the browser says that there is nothing.
      const halves = [...(form.current?.querySelectorAll('input') ?? [])].filter(
        ({ validity }) => validity.badInput,
      )
      errors.value = {
        ...found,
        ...Object.fromEntries(halves.map(({ name }) => [name, 'Choose a date and a time'])),
      }
      problem.value = undefined
      return Object.keys(errors.value).length > 0
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
        // Whoever has closed it meanwhile is told as well.
        if (form.current === null) notify(`Not saved. ${cause.message}`)
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

function meanwhile(theirs = ''): string {
  const what = theirs === '' ? 'emptied this' : `wrote ${theirs} here`
  return `Somebody else ${what} meanwhile. Saving replaces it by what you have written.`
}
