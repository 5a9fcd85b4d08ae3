import { HeadgateError } from '../errors.ts'
import type { Breaker } from './breaker.ts'
import { withDeadline } from './deadline.ts'

/** Calls a store within a deadline and, unless it is left out, behind a breaker. Never twice. */
export type Guard = <T>(call: () => Promise<T>) => Promise<T>

/**
 * Rejects as the call does, with `STORE_TIMEOUT` past the deadline, and with `STORE_UNAVAILABLE`, without calling, while the
 * breaker is open.
 */
export function createGuard(name: string, timeout: number, breaker: Breaker | undefined): Guard {
  const late = (): HeadgateError =>
    new HeadgateError({
      code: 'STORE_TIMEOUT',
      message: `The store "${name}" did not answer within ${timeout} ms; whether it decided is not known`,
      fix: 'See whether the server and the network keep up, or raise `timeout`',
    })

  return async (call) => {
    if (breaker === undefined) return withDeadline(call, timeout, late)
    const now = performance.now()
    const settle = breaker.admit(now)
    if (settle === undefined) throw unavailable(name, breaker, now)
    try {
      const answer = await withDeadline(call, timeout, late)
      settle('ok', performance.now())
      return answer
    } catch (error) {
      settle(isMisuse(error) ? 'void' : 'failed', performance.now())
      throw error
    }
  }
}

/** Whether a call failed by what was asked, or by when, and not by the store: nothing else could answer it better. */
export function isMisuse(error: unknown): boolean {
  if (!(error instanceof HeadgateError)) return false
  return error.code === 'STORE_CLOSED' || !error.code.startsWith('STORE_')
}

/** Why a store didn't decide, in few stable words. */
export function reasonOf(error: unknown): string {
  const { code, name } = (typeof error === 'object' && error !== null ? error : {}) as {
    code?: unknown
    name?: unknown
  }
  if (code === 'STORE_TIMEOUT') return 'timeout'
  if (code === 'STORE_UNAVAILABLE') return 'breaker-open'
  if (typeof code === 'string') return `failed: ${code}`
  return typeof name === 'string' ? `failed: ${name}` : 'failed'
}

function unavailable(name: string, { state, opensAt }: Breaker, now: number): HeadgateError {
  return new HeadgateError({
    code: 'STORE_UNAVAILABLE',
    message: `The store "${name}" failed too often of late; it was not asked`,
    fix: 'Try again in a moment, and see what is wrong with the server',
    // Half open, it hangs on the answers of the calls that do go through.
    ...(state === 'open' && { retryAfterMs: Math.ceil(opensAt - now) }),
  })
}
