/** Why a service ends: an error that nobody caught, or nothing but that it was told to. */
export interface Ending {
  readonly error?: unknown
}

/** The last comes when a terminal is closed; Node ends at it under `nohup` too. */
const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const

/** Resolves when the process is told to end, or is broken. Whoever tells it twice doesn't want to wait. */
export function watchForEnding(): Promise<Ending> {
  return new Promise((resolve) => {
    let isEnding = false
    for (const signal of SIGNALS) {
      process.on(signal, (_: NodeJS.Signals, number: number) => {
        if (isEnding) process.exit(128 + number)
        isEnding = true
        resolve({})
      })
    }
    // Rejections that nobody handles come here as well.
    process.on('uncaughtException', (error) => {
      if (isEnding) process.exit(1)
      isEnding = true
      resolve({ error })
    })
  })
}

/** What `work` resolves with, or a rejection when that takes longer. */
export async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done within ${ms / 1_000} s`)), ms)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
