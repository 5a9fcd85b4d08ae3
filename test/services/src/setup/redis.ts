import { startRedis } from '../redis.ts'
import { provide } from './provide.ts'

export default provide('redisUrl', 'REDIS_URL', () => startRedis())
