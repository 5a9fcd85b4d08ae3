import { useSignal } from '@preact/signals'
import type { TargetedEvent } from 'preact'
import { TextField } from '../components/field.tsx'
import { Logo } from '../components/logo.tsx'
import { api } from '../lib/api.ts'
import { toProblem } from '../lib/problem.ts'
import { logIn, logoutReason } from '../lib/session.ts'
import { useHeading } from '../lib/use-heading.ts'

export function LoginPage() {
  const given = useSignal('')
  const error = useSignal<string | undefined>(undefined)
  const isBusy = useSignal(false)
  const heading = useHeading('Log in')

  const submit = async (event: TargetedEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault()
    const token = given.value.trim()
    error.value = undefined
    // A header takes nothing else.
    if (!/^[\x21-\x7e]+$/.test(token)) {
      error.value = token === '' ? 'Enter a token.' : 'This is no token: it has other characters in it.'
      return
    }
    isBusy.value = true
    try {
      logIn(token, await api.whoami(token))
    } catch (cause) {
      const { status, message } = toProblem(cause)
      error.value = status === 401 ? 'The service does not know this token.' : message
      isBusy.value = false
    }
  }

  return (
    <main class="login">
      <form onSubmit={(event) => void submit(event)} noValidate>
        <h1 ref={heading} tabIndex={-1}>
          <Logo /> Headgate
        </h1>
        {logoutReason.value !== undefined && error.value === undefined && (
          <p class="note" role="status">
            {logoutReason.value}
          </p>
        )}
        <TextField
          label="Token"
          name="token"
          type="password"
          value={given.value}
          error={error.value}
          hint={
            <>
              One of the service’s tokens with the scope <code>read</code> or <code>manage</code>. It is kept
              for this tab only.
            </>
          }
          onValue={(value) => {
            given.value = value
          }}
        />
        <div aria-live="assertive" class="visually-hidden">
          {error.value}
        </div>
        <div class="actions">
          <button type="submit" class="primary" disabled={isBusy.value}>
            Log in
          </button>
        </div>
      </form>
    </main>
  )
}
