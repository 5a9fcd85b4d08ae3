import { signal } from '@preact/signals'

const SHOWN_MS = 6_000

/** What was done last, for a moment. */
export const notice = signal('')
let clearing: ReturnType<typeof setTimeout> | undefined

export function notify(text: string): void {
  clearTimeout(clearing)
  notice.value = text
  clearing = setTimeout(() => {
    notice.value = ''
  }, SHOWN_MS)
}
