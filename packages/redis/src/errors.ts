import { HeadgateError } from '@headgate/core'

const REPLICA = 'Connect to the primary: with Sentinel or a Cluster the client finds it'
const MODE = 'Use a Cluster client, such as `new Cluster(…)` of ioredis or createCluster() of node-redis'

/** What helps against an error that the server names, by its code. All of them say that nothing was done. */
const FIXES: { readonly [code: string]: string } = {
  OOM: 'Give the server more memory, or find what fills it; its policy should be `noeviction`',
  READONLY: REPLICA,
  MASTERDOWN: REPLICA,
  NOAUTH: 'Give the client the user name and password',
  WRONGPASS: 'Give the client the right user name and password',
  NOPERM: 'Grant the user what the README of @headgate/redis lists under "Permissions"',
  MISCONF: 'The server can’t save to its disk and refuses to write: see its log',
  LOADING: 'The server reads its data after a start: it will answer when that is done',
  BUSY: 'Somebody’s script runs for too long: see SLOWLOG',
  NOREPLICAS: 'The server has fewer replicas than `min-replicas-to-write` asks for',
  CLUSTERDOWN: 'Some slots of the Cluster have no node: see CLUSTER INFO',
  TRYAGAIN: 'A slot is being moved to another node: try again',
  MOVED: MODE,
  ASK: MODE,
  WRONGTYPE: 'Another program keeps something else under these keys: use another `prefix`',
}

/** The code with which the server says what is wrong; undefined when that is not what it is, such as a lost connection. */
export function codeOf(error: unknown): string | undefined {
  const message = error instanceof Error ? error.message : ''
  const [code = ''] = message.split(' ', 1)
  if (code === 'ERR') {
    // Before Redis 7 an error within a script stands inside of another; Valkey says it in words of its own.
    if (/ACL failure|can't (run this command|access at least one)/.test(message)) return 'NOPERM'
    return / -?([A-Z]{3,}) /.exec(message)?.[1] ?? code
  }
  return /^[A-Z]{3,}$/.test(code) ? code : undefined
}

/** An error of the client or of the server as one of Headgate. Those of Headgate stay as they are. */
export function storeFailed(error: unknown): HeadgateError {
  if (error instanceof HeadgateError) return error
  const why = error instanceof Error ? error.message : String(error)
  const code = codeOf(error)
  const unknown =
    'The connection failed; whether this call was carried out is not known, so it is not sent again'
  const fix = code === undefined ? unknown : (FIXES[code] ?? 'See `cause` for what the server says')
  return new HeadgateError({ code: 'STORE_FAILED', message: `Redis failed: ${why}`, fix, cause: error })
}

export function storeClosed(): HeadgateError {
  const fix = 'Close it when nothing uses it any more'
  return new HeadgateError({ code: 'STORE_CLOSED', message: 'The Redis store is closed', fix })
}

/** Too many calls that are past their deadlines, and that the client has still not given up. */
export function clientStuck(held: number): HeadgateError {
  return new HeadgateError({
    code: 'STORE_OVERLOADED',
    message: `The Redis client holds ${held} calls without an answer; this one was not sent`,
    fix: 'Have the client give up a silent connection: `socketTimeout` of ioredis, `socketTimeout` of the socket of node-redis',
  })
}

/** In a Cluster only keys of one slot can be changed together. */
export function severalSlots(cause: unknown): HeadgateError {
  return new HeadgateError({
    code: 'INVALID_OPTION',
    option: 'hashTag',
    message:
      'A call asks for different subjects at once, and a Redis Cluster can only decide within one slot',
    fix: 'Give all limits of the limiter one key, or put the whole store into one slot: redisStore(client, { hashTag: "hg" })',
    cause,
  })
}
