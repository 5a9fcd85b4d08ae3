import { signal } from '@preact/signals'

const RETRY_MS = 2_000

/** Whether the service answers, whatever it says. */
export const isLost = signal(false)
/** How often it has come back: what was loaded before is loaded anew then. */
export const recoveries = signal(0)

let asking: ReturnType<typeof setTimeout> | undefined

export function answered(): void {
  clearTimeout(asking)
  asking = undefined
  if (!isLost.value) return
  isLost.value = false
  recoveries.value++
}

/** Asks again and again until there is an answer. */
export function unanswered(): void {
  isLost.value = true
  asking ??= setTimeout(ask, RETRY_MS)
}

async function ask(): Promise<void> {
  asking = undefined
  try {
    // Proxies answer for a service that is away.
    const { status } = await fetch('healthz', { cache: 'no-store' })
    if (status < 502) return answered()
  } catch {
    // Still away.
  }
  if (isLost.value) unanswered()
}
