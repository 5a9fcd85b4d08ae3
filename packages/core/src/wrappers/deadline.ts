/**
 * The call's answer, or `late` when it doesn't come in time; then whatever comes is ignored.
 *
 * A process that was busy past the deadline runs its timers before it reads its sockets, where the answer may be waiting:
 * so there is one more turn of the event loop before an answer is late.
 */
export function withDeadline<T>(call: () => Promise<T>, ms: number, late: () => Error): Promise<T> {
  return new Promise((resolve, reject) => {
    const expire = (): void => reject(late())
    let timer = setTimeout(() => {
      timer = setTimeout(expire, 0)
    }, ms)
    const done =
      <V>(settle: (value: V) => void) =>
      (value: V): void => {
        clearTimeout(timer)
        settle(value)
      }
    attempt(call).then(done(resolve), done(reject))
  })
}

/** A store that throws where it should reject has failed all the same. */
async function attempt<T>(call: () => Promise<T>): Promise<T> {
  return call()
}
