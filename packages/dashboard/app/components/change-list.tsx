import { showMoment } from '../lib/format.ts'
import { rawJson } from '../lib/raw-json.ts'
import type { RecordedChange } from '../lib/types.ts'
import { ChangeSentence } from './change-sentence.tsx'

/** Who changed what, newest first. */
export function ChangeList({ changes }: { readonly changes: readonly RecordedChange[] }) {
  return (
    <ol class="changes">
      {changes.map(({ id, at, actor, change }) => (
        <li key={id}>
          <time dateTime={new Date(at).toISOString()}>{showMoment(at)}</time>
          <div>
            <p class="sentence">
              <b>{actor}</b> <ChangeSentence change={change} />
            </p>
            <details>
              <summary>Raw change {id}</summary>
              <pre>{rawJson({ id, at, actor, change })}</pre>
            </details>
          </div>
        </li>
      ))}
    </ol>
  )
}
