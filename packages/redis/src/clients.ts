/**
 * All that the store asks of a client of Redis: to run a script. `evalsha` must reject when the server says NOSCRIPT, and
 * neither may send anything twice.
 */
export interface RedisScripts {
  /** Runs the script with this SHA-1 that the server knows. */
  evalsha(sha: string, keys: readonly string[], args: readonly string[]): Promise<unknown>
  /** Runs this script. */
  eval(script: string, keys: readonly string[], args: readonly string[]): Promise<unknown>
  /** Is called before each of many scripts that are sent in one turn, so that they can leave in few writes. */
  hold?(): void
  /** What is wrong with the client's settings, in a sentence, if it can be told: the store warns of it. */
  readonly warning?: string | undefined
}

/** What is needed of ioredis: a `Redis` or a `Cluster` of version 5 or later. */
export interface IoredisLike {
  evalsha(sha: string, numberOfKeys: number, ...keysAndArgs: string[]): Promise<unknown>
  eval(script: string, numberOfKeys: number, ...keysAndArgs: string[]): Promise<unknown>
  readonly options?: object
  /** The socket of a `Redis`. */
  readonly stream?: { cork(): void; uncork(): void } | null
}

/** What is needed of node-redis: a client, a cluster or a sentinel of version 5 or later. */
export interface NodeRedisLike {
  evalSha(sha: string, options: { keys: string[]; arguments: string[] }): Promise<unknown>
  eval(script: string, options: { keys: string[]; arguments: string[] }): Promise<unknown>
}

/**
 * Makes an ioredis client fit.
 *
 * @example
 * ```ts
 * import { fromIoredis, redisStore } from '@headgate/redis'
 * import { Redis } from 'ioredis'
 *
 * const redis = new Redis({ enableOfflineQueue: false, maxRetriesPerRequest: 0, socketTimeout: 5_000 })
 * const store = redisStore(fromIoredis(redis))
 * ```
 */
export function fromIoredis(client: IoredisLike): RedisScripts {
  return {
    evalsha: (sha, keys, args) => client.evalsha(sha, keys.length, ...keys, ...args),
    eval: (script, keys, args) => client.eval(script, keys.length, ...keys, ...args),
    hold: corkFor(client),
    warning: warningOf(client.options ?? {}),
  }
}

/**
 * Makes a node-redis client fit.
 *
 * @example
 * ```ts
 * import { fromNodeRedis, redisStore } from '@headgate/redis'
 * import { createClient } from 'redis'
 *
 * const client = await createClient({ disableOfflineQueue: true }).connect()
 * const store = redisStore(fromNodeRedis(client))
 * ```
 */
export function fromNodeRedis(client: NodeRedisLike): RedisScripts {
  return {
    evalsha: (sha, keys, args) => client.evalSha(sha, { keys: [...keys], arguments: [...args] }),
    eval: (script, keys, args) => client.eval(script, { keys: [...keys], arguments: [...args] }),
  }
}

/** Commands in one write to the socket: more, and the server would have nothing to do until all of them are written. */
const MAX_WRITE = 16

/** ioredis writes each command by itself, which is half of its cost: those of one turn are held for few writes. */
function corkFor(client: IoredisLike): () => void {
  let corked: IoredisLike['stream']
  let commands = 0
  const uncork = (): void => {
    corked?.uncork()
    corked = undefined
  }
  return () => {
    if (++commands % MAX_WRITE === 0) uncork()
    if (corked || !client.stream) return
    corked = client.stream
    corked.cork()
    process.nextTick(uncork)
  }
}

/** Settings of ioredis with which it sends again what it has sent, when it loses the connection before the answer. */
function warningOf(options: {
  readonly maxRetriesPerRequest?: number | null
  readonly autoResendUnfulfilledCommands?: boolean
  readonly retryDelayOnFailover?: number
}): string | undefined {
  const { maxRetriesPerRequest, autoResendUnfulfilledCommands, retryDelayOnFailover } = options
  if (retryDelayOnFailover !== undefined && retryDelayOnFailover > 0) {
    return 'ioredis sends a command again after a lost connection, which may consume twice: set `retryDelayOnFailover: 0`'
  }
  if (autoResendUnfulfilledCommands && maxRetriesPerRequest !== 0) {
    return 'ioredis sends a command again after a lost connection, which may consume twice: set `maxRetriesPerRequest: 0`'
  }
  return undefined
}
