import { createLimiter, type SyncLimiter, type TokenBucket, tokenBucket } from '@headgate/core'
import { sqliteStore } from '@headgate/sqlite'

export function sqliteHeadgate(file: string, units: number): SyncLimiter<{ readonly rate: TokenBucket }> {
  return createLimiter({
    store: sqliteStore({ file }),
    limits: { rate: tokenBucket({ capacity: units, refill: units, per: '1h' }) },
  })
}
