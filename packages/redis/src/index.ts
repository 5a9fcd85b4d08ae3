export {
  fromIoredis,
  fromNodeRedis,
  type IoredisLike,
  type NodeRedisLike,
  type RedisScripts,
} from './clients.ts'
export type { RedisStoreOptions } from './options.ts'
export { redisStore } from './redis-store.ts'
