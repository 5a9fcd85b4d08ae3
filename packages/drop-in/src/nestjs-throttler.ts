import { encodeKey, type Store } from '@headgate/core'
import type { ThrottlerStorage } from '@nestjs/throttler'
import { type Count, createCounter, type DropInOptions, HEAVY, msLeft } from './counter.ts'

export type { DropInOptions } from './counter.ts'

/**
 * A storage for @nestjs/throttler that counts in any Headgate store, and blocks there too: a key that exceeds is blocked for
 * its `blockDuration` in every process, and begins anew after it. Throttlers are told apart by their names.
 *
 * @throws {@link HeadgateError} `INVALID_OPTION`
 * @example
 * ```ts
 * import { throttlerStorage } from '@headgate/drop-in/nestjs-throttler'
 * import { memoryStore } from '@headgate/memory'
 * import { ThrottlerModule } from '@nestjs/throttler'
 *
 * const storage = throttlerStorage(memoryStore())
 * const imports = [ThrottlerModule.forRoot({ throttlers: [{ ttl: 60_000, limit: 100 }], storage })]
 * ```
 */
export function throttlerStorage(store: Store, options: DropInOptions = {}): ThrottlerStorage {
  const counter = createCounter(store, options.prefix ?? 'nestjs-throttler')

  return {
    async increment(key, ttl, limit, blockDuration, throttlerName) {
      const name = encodeKey({ scope: throttlerName, id: key })
      const [seen, block] = await counter.look([counter.keyOf(name), counter.keyOf(name, 'block')])
      if (block.hits > 0) return blocked(limit + 1, block, block)
      const count = await counter.hit(seen, ttl, { unless: block.key })
      if (count.unless?.hits) return blocked(limit + 1, count, count.unless)
      if (count.hits > limit) {
        if (blockDuration <= 0) return blocked(count.hits, count, count)
        const opened = await counter.hit(block, blockDuration, { weight: HEAVY })
        // Of those who exceed at once, one forgets what was used; by then nobody is counted any more. It is blocked either
        // way: where this fails, the hits end with their window.
        if (opened.hits === HEAVY) await counter.forget(count.key).catch(() => undefined)
        return blocked(count.hits, count, opened)
      }
      return { totalHits: count.hits, timeToExpire: seconds(count), isBlocked: false, timeToBlockExpire: 0 }
    },
  }
}

type ThrottlerRecord = Awaited<ReturnType<ThrottlerStorage['increment']>>

function blocked(totalHits: number, count: Count, until: Count): ThrottlerRecord {
  return { totalHits, timeToExpire: seconds(count), isBlocked: true, timeToBlockExpire: seconds(until) }
}

function seconds(count: Count): number {
  return Math.ceil(msLeft(count) / 1_000)
}
