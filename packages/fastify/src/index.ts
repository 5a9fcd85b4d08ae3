export { type RateLimitOptions, type RouteRateLimit, rateLimit } from './rate-limit.ts'
