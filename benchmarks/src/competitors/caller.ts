import type { Limiter, Limits } from '@headgate/core'

/** Gives the next key to ask for, or nothing when enough were asked. */
export type Next = () => string | undefined

/** Asks for one key after the other, each when it was answered; says how many were allowed. */
export type Caller = (next: Next) => Promise<number>

// A process runs one competitor only, so the calls in these loops have one target each and can be inlined.

export function caller<A>(ask: (key: string) => Promise<A>, isAllowed: (answer: A) => boolean): Caller {
  return async (next) => {
    let allowed = 0
    for (let key = next(); key !== undefined; key = next()) if (isAllowed(await ask(key))) allowed++
    return allowed
  }
}

/** For a limiter of Headgate. */
export function limiterCaller(limiter: Pick<Limiter<Limits>, 'consume'>): Caller {
  return caller(
    (key) => limiter.consume(key),
    (decision) => decision.allowed,
  )
}

/** For those whose denial is a rejection, with something that is no Error. */
export function rejectingCaller(ask: (key: string) => Promise<unknown>): Caller {
  return async (next) => {
    let allowed = 0
    for (let key = next(); key !== undefined; key = next()) {
      try {
        await ask(key)
        allowed++
      } catch (denial) {
        if (denial instanceof Error) throw denial
      }
    }
    return allowed
  }
}

/** So many who ask at a time, and share the keys; says how many were allowed. */
export async function askAll(call: Caller, together: number, next: Next): Promise<number> {
  const counts = await Promise.all(Array.from({ length: together }, () => call(next)))
  return counts.reduce((sum, count) => sum + count)
}
