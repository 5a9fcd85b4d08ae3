import { createHash } from 'node:crypto'
import { Ratelimit } from '@upstash/ratelimit'
import type { Redis } from 'ioredis'
import { type Caller, caller } from './caller.ts'

/** A token bucket per key, over ioredis instead of HTTP. */
export function redisUpstash(client: Redis, units: number): Caller {
  // Its scripts begin with a flag that only its own server knows; without it they have other names.
  const named = new Map<string, string>()
  const shim = {
    evalsha: (sha: string, keys: string[], args: unknown[]) =>
      client.evalsha(named.get(sha) ?? sha, keys.length, ...keys, ...args.map(String)),
    eval: (script: string, keys: string[], args: unknown[]) => {
      const plain = script.replace(/^#!.*/, '')
      named.set(sha1(script), sha1(plain))
      return client.eval(plain, keys.length, ...keys, ...args.map(String))
    },
  }
  const ratelimit = new Ratelimit({
    redis: shim as unknown as ConstructorParameters<typeof Ratelimit>[0]['redis'],
    limiter: Ratelimit.tokenBucket(units, '1 h', units),
    ephemeralCache: false,
  })
  return caller(
    (key) => ratelimit.limit(key),
    (answer) => answer.success,
  )
}

function sha1(text: string): string {
  return createHash('sha1').update(text).digest('hex')
}
