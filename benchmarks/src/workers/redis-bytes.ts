import { Redis } from 'ioredis'
import { askAll, type Next } from '../competitors/caller.ts'
import { REDIS_COMPETITORS, type RedisCompetitor } from '../competitors/redis.ts'
import { keyOf } from '../keys.ts'
import type { Prepare } from './seat.ts'

export interface RedisBytesTask {
  readonly competitor: RedisCompetitor
  readonly url: string
  readonly keys: number
}

/** Bytes of a key by what the server says of single ones, and by how much it grew with all of them. */
export interface RedisBytes {
  readonly perKey: number
  readonly grown: number
}

const UNITS = 100
const TOGETHER = 64

/** The server must be empty, and nobody else's. */
export const prepare: Prepare<RedisBytesTask, RedisBytes> = async ({ competitor, url, keys }) => {
  const client = new Redis(url, { maxRetriesPerRequest: 0 })
  return async () => {
    await client.flushall('SYNC')
    const call = await REDIS_COMPETITORS[competitor](client, UNITS)
    let asked = 0
    const until =
      (end: number): Next =>
      () =>
        asked < end ? keyOf(asked++) : undefined
    await askAll(call, 1, until(1))
    const before = await usedMemory(client)
    await askAll(call, TOGETHER, until(keys))
    const grown = ((await usedMemory(client)) - before) / (keys - 1)
    const own = (await client.randomkey()) as string
    return { perKey: (await client.memory('USAGE', own, 'SAMPLES', 0)) as number, grown }
  }
}

async function usedMemory(client: Redis): Promise<number> {
  return Number(/used_memory:(\d+)/.exec(await client.info('memory'))?.[1])
}
