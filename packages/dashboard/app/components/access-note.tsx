import { canManage, who } from '../lib/session.ts'

/** Why there is nothing here to change something with. */
export function AccessNote({ what }: { readonly what: string }) {
  if (who.value === undefined) return null
  if (!canManage.value)
    return (
      <p class="access-note">
        Read only: changing {what} needs a token with the scope <code>manage</code>.
      </p>
    )
  if (who.value.readOnly)
    return <p class="access-note">Plans and customers are read from a file: change them there.</p>
  return null
}
