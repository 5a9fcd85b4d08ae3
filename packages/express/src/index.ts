export { type RateLimit, rateLimit } from './rate-limit.ts'
