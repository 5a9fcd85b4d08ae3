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

/** Until then the engine still compiles what surrounds a call; the floor, most of whose time is a write, has less of that. */
export const WARM = 50_000

/** So many callers, each of whom asks again when it is answered. */
export const prepare: Prepare<RedisTask, Sample> = async ({ competitor, url, keys, together }) => {
  const client = new Redis(url, { enableOfflineQueue: false, maxRetriesPerRequest: 0, lazyConnect: true })
  await client.connect()
  const take = await REDIS_COMPETITORS[competitor](client, UNITS)
  return callers({ take, keys, together, warm: WARM })
}
