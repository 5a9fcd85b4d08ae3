import { createHash } from 'node:crypto'
import type { Redis } from 'ioredis'
import { type Caller, caller } from './caller.ts'

const HOUR_MS = 3_600_000

/**
 * The least that a decision by Redis's clock can be: one key, the time from which it is idle again (GCRA), in floating
 * point milliseconds. Yes or no, and nothing else. A key stays for a minute: else it would be gone before it is asked for
 * again, and of many keys hardly one would ever be found.
 */
const TAKE = `
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local idle = math.max(tonumber(redis.call('GET', KEYS[1]) or 0), now) + ARGV[1]
if idle - now > tonumber(ARGV[2]) then return 0 end
redis.call('SET', KEYS[1], idle, 'PX', math.ceil(idle - now) + 60000)
return 1`

/** A bare EVALSHA for each decision. */
export async function redisFloor(client: Redis, units: number): Promise<Caller> {
  await client.script('LOAD', TAKE)
  const sha = createHash('sha1').update(TAKE).digest('hex')
  const each = `${HOUR_MS / units}`
  return caller(
    (key) => client.evalsha(sha, 1, `floor:${key}`, each, HOUR_MS),
    (answer) => answer === 1,
  )
}
