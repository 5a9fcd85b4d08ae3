import { invalidOption } from '@headgate/core'
import type { RedisScripts } from './clients.ts'

/** Options of {@link redisStore}. */
export interface RedisStoreOptions {
  /** What all keys start with, before a `{`: at most 64 letters, digits and `_ . : / -`. `"hg"` unless told. */
  readonly prefix?: string
  /**
   * Puts all states of this store into one slot of a Cluster, so that a call may ask for several subjects. One node then
   * carries all of it. Same characters as `prefix`, at least one. None unless told: each subject has a slot.
   */
  readonly hashTag?: string
  /** Milliseconds from a call to its answer, after which it rejects with `STORE_TIMEOUT`. From 1 to 2^31 − 1; 1000 unless told. */
  readonly timeout?: number
  /** Whether decisions that are asked for at the same time share an EVALSHA. True unless told. */
  readonly gather?: boolean
  /** The most calls that wait to be sent; those beyond reject with `STORE_OVERLOADED`. 1 or more, 10000 unless told. */
  readonly maxWaiting?: number
  /** Is told in a sentence what is wrong with the server or the client, once each. `process.emitWarning` unless told. */
  readonly onWarning?: (message: string) => void
}

/** Options that are checked, and none of them missing but the hash tag. */
export interface CheckedOptions extends Required<Omit<RedisStoreOptions, 'hashTag'>> {
  readonly hashTag: string | undefined
}

const NAME = /^[\w.:/-]{1,64}$/
const NAME_FIX = 'Use at most 64 letters, digits, "_", ".", ":", "/" and "-"'

/** @throws {@link HeadgateError} `INVALID_OPTION` */
export function checkOptions(client: RedisScripts, options: RedisStoreOptions): CheckedOptions {
  const {
    prefix = 'hg',
    hashTag,
    timeout = 1_000,
    gather = true,
    maxWaiting = 10_000,
    onWarning = warn,
  } = options
  if (typeof client?.evalsha !== 'function' || typeof client.eval !== 'function') {
    throw invalidOption(
      'client',
      client,
      'a client that runs scripts',
      'Pass fromIoredis(client) or fromNodeRedis(client)',
    )
  }
  if (prefix !== '' && !isName(prefix)) throw invalidOption('prefix', prefix, 'a plain name', NAME_FIX)
  if (hashTag !== undefined && !isName(hashTag))
    throw invalidOption('hashTag', hashTag, 'a plain name', NAME_FIX)
  if (!isWhole(timeout) || timeout > 2 ** 31 - 1) {
    throw invalidOption('timeout', timeout, 'whole milliseconds from 1 to 2^31 − 1', 'Leave it out for 1000')
  }
  if (typeof gather !== 'boolean')
    throw invalidOption('gather', gather, 'true or false', 'Leave it out for true')
  if (!isWhole(maxWaiting)) {
    throw invalidOption('maxWaiting', maxWaiting, 'a whole number, 1 or more', 'Leave it out for 10000')
  }
  if (typeof onWarning !== 'function') {
    throw invalidOption('onWarning', onWarning, 'a function', 'Leave it out for process.emitWarning')
  }
  return { prefix, hashTag, timeout, gather, maxWaiting, onWarning }
}

function isName(value: unknown): boolean {
  return typeof value === 'string' && NAME.test(value)
}

function isWhole(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 1
}

function warn(message: string): void {
  process.emitWarning(message, 'HeadgateWarning')
}
