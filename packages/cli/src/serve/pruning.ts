import type { Ledger } from '@headgate/usage'
import { type Log, reasonOf } from './log.ts'

/** Often, so that there is never much to forget at once. */
const EVERY_MS = 3_600_000

/** Forgets usage that is older than so many days, from now on. Returns what ends it. */
export function startPruning(ledger: Ledger, days: number, log: Log): () => void {
  const prune = async (): Promise<void> => {
    try {
      const rows = await ledger.prune((Date.now() - days * 86_400_000) * 1_000)
      if (rows > 0) log.info(`Forgot ${rows} rows of usage that were older than ${days} days`)
    } catch (error) {
      log.warn(`Old usage can't be forgotten: ${reasonOf(error)}`)
    }
  }
  const timer = setInterval(prune, EVERY_MS).unref()
  void prune()
  return () => clearInterval(timer)
}
