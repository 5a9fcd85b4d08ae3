import { Redis } from 'ioredis'
import { redisFloor } from '../competitors/redis-floor.ts'
import { type RedisWrapped, redisWrapped } from '../competitors/redis-wrapped.ts'
import type { Sample } from '../interleave.ts'
import { callers } from './callers.ts'
import type { Prepare } from './seat.ts'

export interface WrappedTask {
  readonly competitor: RedisWrapped | 'floor'
  readonly url: string
  readonly together: number
  /** What each key may take in an hour: one, so that all else is denied, or more than can be taken. */
  readonly units: number
}

export const prepare: Prepare<WrappedTask, Sample> = async ({ competitor, url, together, units }) => {
  const client = new Redis(url, { enableOfflineQueue: false, maxRetriesPerRequest: 0, lazyConnect: true })
  await client.connect()
  const call =
    competitor === 'floor' ? await redisFloor(client, units) : redisWrapped(client, units, competitor)
  return callers({ call, keys: 1, together, allowed: units > 1 })
}
