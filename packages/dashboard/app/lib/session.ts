import { computed, signal } from '@preact/signals'
import { replace } from './router.ts'
import type { Who } from './types.ts'

/** For this tab only, and gone when it is closed. */
const KEY = 'headgate.token'

export const token = signal<string | undefined>(undefined)
/** Who the token is, as the service says; undefined until it has said so. */
export const who = signal<Who | undefined>(undefined)
/** Why one has to log in again. */
export const logoutReason = signal<string | undefined>(undefined)

/** Whether what customers have used may be reset. */
export const canManage = computed(() => who.value?.scope === 'manage')
/** Whether plans and customers may be changed. */
export const canEdit = computed(() => canManage.value && who.value?.readOnly === false)

/** The token from before a reload, or from `#token=…`, also where that is opened while the page is. */
export function restoreToken(): void {
  token.value = sessionStorage.getItem(KEY) ?? undefined
  takeToken()
  addEventListener('hashchange', takeToken)
}

/** A token in the address goes from there at once: addresses are kept, shown and passed on. */
function takeToken(): void {
  // A plus is a plus, and no space as in forms.
  const given = new URLSearchParams(location.hash.slice(1).replaceAll('+', '%2B')).get('token')
  if (given === null || given === '') return
  replace('#/')
  if (given !== token.value) who.value = undefined
  keep(given)
}

export function logIn(given: string, as: Who): void {
  keep(given)
  who.value = as
}

export function logOut(reason?: string): void {
  sessionStorage.removeItem(KEY)
  token.value = undefined
  who.value = undefined
  logoutReason.value = reason
}

function keep(given: string): void {
  sessionStorage.setItem(KEY, given)
  token.value = given
  logoutReason.value = undefined
}
