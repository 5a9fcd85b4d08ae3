import { Redis } from 'ioredis'
import { REDIS_COMPETITORS, type RedisCompetitor } from '../competitors/redis.ts'
import type { Sample } from '../interleave.ts'
import { callers } from './callers.ts'
import type { Prepare } from './seat.ts'

export interface RedisTask {
  readonly competitor: RedisCompetitor
  readonly url: string
  readonly keys: number
  /** How many decisions are under way at a time. */
  readonly together: number
}

const UNITS = 1_000_000_000

/** So many callers, each of whom asks again when it is answered. */
export const prepare: Prepare<RedisTask, Sample> = async ({ competitor, url, keys, together }) => {
  const client = new Redis(url, { enableOfflineQueue: false, maxRetriesPerRequest: 0, lazyConnect: true })
  await client.connect()
  const call = await REDIS_COMPETITORS[competitor](client, UNITS)
  return callers({ call, keys, together })
}
