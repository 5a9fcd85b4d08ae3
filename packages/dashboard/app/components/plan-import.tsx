import { useSignal } from '@preact/signals'
import { useRef } from 'preact/hooks'
import { api } from '../lib/api.ts'
import { notify } from '../lib/notice.ts'
import type { PlanOptions, Plans } from '../lib/types.ts'
import { Confirm } from './confirm.tsx'
import { Dialog } from './dialog.tsx'

type Read =
  | {
      readonly default: string
      readonly plans: { readonly [name: string]: PlanOptions }
      readonly more: boolean
    }
  | { readonly wrong: string }

/** Replaces all plans by those of a file, once it was said what that does. */
export function PlanImport({ plans, onDone }: { readonly plans: Plans; onDone(): void }) {
  const input = useRef<HTMLInputElement>(null)
  const read = useSignal<Read | undefined>(undefined)
  const close = (): void => {
    read.value = undefined
  }
  const open = async (file: File | undefined): Promise<void> => {
    if (file !== undefined) read.value = readPlans(await file.text())
  }
  const found = read.value
  return (
    <>
      <input
        ref={input}
        class="visually-hidden"
        type="file"
        accept=".json,application/json"
        aria-label="File with plans"
        tabIndex={-1}
        onChange={(event) => {
          void open(event.currentTarget.files?.[0])
          // The same file may be chosen again.
          event.currentTarget.value = ''
        }}
      />
      <button type="button" onClick={() => input.current?.click()}>
        Import
      </button>
      {found && 'wrong' in found && (
        <Dialog title="These are no plans" onClose={close}>
          <p>{found.wrong}</p>
          <div class="actions">
            <button type="button" onClick={close}>
              Close
            </button>
          </div>
        </Dialog>
      )}
      {found && 'plans' in found && (
        <Confirm
          title="Replace all plans?"
          action="Replace"
          onClose={close}
          run={async () => {
            try {
              await api.replacePlans({ default: found.default, plans: found.plans }, plans.revision)
              notify('All plans were replaced.')
            } finally {
              onDone()
            }
          }}
        >
          <Differences before={plans} after={found} />
          {found.more && <p>The file has more than plans, such as customers: that is left out.</p>}
        </Confirm>
      )}
    </>
  )
}

function Differences({
  before,
  after,
}: {
  readonly before: Plans
  readonly after: Pick<Plans, 'default' | 'plans'>
}) {
  const [old, anew] = [before.plans, after.plans]
  const lines = [
    ['Added', Object.keys(anew).filter((name) => !Object.hasOwn(old, name))],
    [
      'Changed',
      Object.keys(anew).filter(
        (name) => Object.hasOwn(old, name) && JSON.stringify(old[name]) !== JSON.stringify(anew[name]),
      ),
    ],
    ['Deleted', Object.keys(old).filter((name) => !Object.hasOwn(anew, name))],
    ['New default', before.default === after.default ? [] : [after.default]],
  ] as const
  const said = lines.filter(([, names]) => names.length > 0)
  if (said.length === 0) return <p>The file says what the plans are already.</p>
  return (
    <dl class="differences">
      {said.map(([what, names]) => (
        <div key={what}>
          <dt>{what}</dt>
          <dd>{names.join(', ')}</dd>
        </div>
      ))}
    </dl>
  )
}

/** Only whether it is a file of plans at all: the service checks what is in it. */
function readPlans(text: string): Read {
  let data: unknown
  try {
    data = JSON.parse(text)
  } catch (error) {
    return { wrong: `The file is no JSON: ${error instanceof Error ? error.message : error}.` }
  }
  const { default: name, plans, $schema: _, ...more } = (data ?? {}) as Record<string, unknown>
  if (typeof name !== 'string' || typeof plans !== 'object' || plans === null || Array.isArray(plans))
    return { wrong: 'The file must hold an object with “default” and “plans”, as an export does.' }
  return { default: name, plans: plans as Plans['plans'], more: Object.keys(more).length > 0 }
}
