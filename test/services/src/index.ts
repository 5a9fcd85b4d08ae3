export { type Chromium, findChromium } from './chromium.ts'
export { type Dynamo, startDynamo } from './dynamo.ts'
export { startPgbouncer } from './pgbouncer.ts'
export { type Postgres, startPostgres } from './postgres.ts'
export type { Provided } from './provided.ts'
export { type Proxy, startProxy } from './proxy.ts'
export {
  type Redis,
  type RedisCluster,
  type RedisSentinel,
  redisIsNative,
  startRedis,
  startRedisCluster,
  startRedisSentinel,
} from './redis.ts'
export type { MortalService, Service } from './service.ts'
