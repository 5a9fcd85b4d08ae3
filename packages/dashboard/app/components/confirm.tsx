import { useSignal } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import { useRef } from 'preact/hooks'
import { notify } from '../lib/notice.ts'
import { type Problem, toProblem } from '../lib/problem.ts'
import { Dialog } from './dialog.tsx'
import { ProblemNote } from './problem-note.tsx'

interface Props {
  readonly title: ComponentChildren
  readonly children: ComponentChildren
  /** What the button that does it says. */
  readonly action: string
  /** Does it; the dialog stays open, and says why, where that fails. */
  run(): Promise<unknown>
  onClose(): void
}

/** Asks before something is done that can't be undone. */
export function Confirm({ title, children, action, run, onClose }: Props) {
  const problem = useSignal<Problem | undefined>(undefined)
  const isBusy = useSignal(false)
  const buttons = useRef<HTMLDivElement>(null)
  const confirm = async (): Promise<void> => {
    isBusy.value = true
    problem.value = undefined
    try {
      await run()
      onClose()
    } catch (error) {
      // Whoever has closed it meanwhile is told as well.
      if (buttons.current === null) notify(`That failed. ${toProblem(error).message}`)
      problem.value = toProblem(error)
      isBusy.value = false
    }
  }
  return (
    <Dialog title={title} onClose={onClose}>
      {children}
      {problem.value && <ProblemNote problem={problem.value} />}
      <div ref={buttons} class="actions">
        <button type="button" class="danger" disabled={isBusy.value} onClick={() => void confirm()}>
          {action}
        </button>
        {/* The first to have the focus: a key that is held down, or hit twice, does no harm. */}
        <button type="button" autofocus onClick={onClose}>
          Cancel
        </button>
      </div>
    </Dialog>
  )
}
