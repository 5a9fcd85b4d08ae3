export { type RateLimit, type RateLimitEnv, rateLimit } from './rate-limit.ts'
