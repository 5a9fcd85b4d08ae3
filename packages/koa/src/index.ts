export { type RateLimit, type RateLimitState, rateLimit } from './rate-limit.ts'
