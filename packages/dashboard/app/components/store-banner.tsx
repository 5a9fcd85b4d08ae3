import { plural } from '../lib/format.ts'
import type { Live } from '../lib/types.ts'

const RECENT_SECONDS = 10

/** What one should know of the store: that it is away, or that decisions were made without it just now. */
export function StoreBanner({ live: { store, seconds } }: { readonly live: Live }) {
  const degraded = seconds.slice(-RECENT_SECONDS).reduce((sum, second) => sum + second.degraded, 0)
  return (
    <div aria-live="polite">
      {store.state !== 'closed' ? (
        <p class="banner banner-bad">
          <b>The store “{store.name}” does not answer.</b> Decisions are made without it, as the service’s
          option <code>failure</code> says
          {store.state === 'half-open' ? '; it is being tried again.' : '.'}
        </p>
      ) : (
        degraded > 0 && (
          <p class="banner banner-warning">
            <b>{plural(degraded, 'decision was', 'decisions were')} made without the store</b> in the last{' '}
            {RECENT_SECONDS} seconds: it answered too late, or not at all.
          </p>
        )
      )}
    </div>
  )
}
