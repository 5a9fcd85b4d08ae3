import { createGather, type Gather, type Outcome, type Store } from '@headgate/core'
import { adjustments, type Call, decisions } from './calls.ts'
import type { RedisScripts } from './clients.ts'
import { storeClosed } from './errors.ts'
import { evictionWarning } from './eviction.ts'
import { createPlaces } from './keys.ts'
import { checkOptions, type RedisStoreOptions } from './options.ts'
import { lengthOf } from './repeats.ts'
import { createRun } from './run.ts'
import { createSend } from './send.ts'

/** The most decisions in one script, and the most that differ: nobody else's commands can interrupt it. */
const MAX_BATCH = 256
const MAX_DIFFERENT = 32

/** Scripts under way: few, so that decisions gather while they are; many, where each is one decision or one node's. */
const FEW = 2
const MANY = 256

/**
 * A store in Redis or Valkey: one server, Sentinel or Cluster, whatever the client speaks to. The server's clock decides,
 * and all processes together admit what one would.
 *
 * A decision is one EVALSHA; those that are asked for at once share one. Calls reject with `STORE_TIMEOUT`,
 * `STORE_OVERLOADED`, `STORE_FAILED` or `STORE_CLOSED`; in a Cluster a call for several subjects rejects with
 * `INVALID_OPTION` unless the store has a `hashTag`. `close()` waits for what is under way, and leaves the client open.
 *
 * @throws {@link HeadgateError} `INVALID_OPTION`
 * @example
 * ```ts
 * import { createLimiter, tokenBucket } from '@headgate/core'
 * import { fromIoredis, redisStore } from '@headgate/redis'
 * import { Redis } from 'ioredis'
 *
 * const redis = new Redis({ enableOfflineQueue: false, maxRetriesPerRequest: 0, socketTimeout: 5_000 })
 * const store = redisStore(fromIoredis(redis))
 * const limiter = createLimiter({ store, limits: { rate: tokenBucket({ capacity: 10, refill: 10, per: '1s' }) } })
 * const { allowed } = await limiter.consume('user-1')
 * ```
 */
export function redisStore(client: RedisScripts, options: RedisStoreOptions = {}): Store {
  const { prefix, hashTag, timeout, gather, maxWaiting, onWarning } = checkOptions(client, options)
  const placeOf = createPlaces(prefix, hashTag)
  let closed = false
  let background: Promise<void> | undefined

  const warn = (warning: string | undefined): void => {
    if (warning !== undefined) onWarning(warning)
  }
  const checkServer = (): void => {
    background = evictionWarning(client)
      .then(warn)
      .catch(() => undefined)
  }
  const common = { name: 'redis', timeout, maxWaiting }
  const apart = (): Gather<Call, Outcome> => createGather({ ...common, send, maxBatch: 1, maxInFlight: MANY })
  const together = (maxInFlight: number): Gather<Call, Outcome> =>
    createGather({ ...common, send, maxBatch: MAX_BATCH, fit: fitting, maxInFlight })

  // Nodes of a Cluster answer each in its own time, and none is to wait for another.
  const send = createSend(createRun(client, { timeout, gather }, checkServer), () => {
    if (gather) gathers.unshift(together(MANY))
  })
  const gathers = [gather ? together(FEW) : apart()]

  // No async function around it: it is the way of every decision.
  const ask = (makeCall: () => Call): Promise<Outcome> => {
    try {
      if (closed) throw storeClosed()
      return (gathers[0] as Gather<Call, Outcome>).ask(makeCall())
    } catch (error) {
      return Promise.reject(error)
    }
  }

  warn(client.warning)
  return {
    name: 'redis',
    decide: (checks, now) => ask(() => decisions(checks, now, placeOf)),
    adjust: (changes, now) => ask(() => adjustments(changes, now, placeOf)),
    delete: (keys) => ask(() => ({ kind: 'delete', places: keys.map(placeOf) })).then(() => undefined),
    async close() {
      closed = true
      await Promise.all([background, ...gathers.map((each) => each.idle())])
    },
  }
}

function fitting(calls: readonly Call[]): number {
  return lengthOf(calls, MAX_DIFFERENT)
}
