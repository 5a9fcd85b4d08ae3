// An app of its own process, for processes.test.ts: tells its port, and ends when the one who started it does.
import { fromIoredis, redisStore } from '@headgate/redis'
import express from 'express'
import { rateLimit } from 'express-rate-limit'
import { Redis } from 'ioredis'
import { expressRateLimitStore } from '../src/express-rate-limit.ts'

const [url, prefix, limit] = process.argv.slice(2)
const redis = new Redis(url, { enableOfflineQueue: false, maxRetriesPerRequest: 0, lazyConnect: true })
redis.on('error', () => undefined)
await redis.connect()

const app = express()
const store = expressRateLimitStore(redisStore(fromIoredis(redis), { prefix }))
app.use(
  rateLimit({
    windowMs: 3_600_000,
    limit: Number(limit),
    keyGenerator: (req) => req.headers['x-key'],
    store,
  }),
)
app.get('/', (_req, res) => res.send('ok'))
const server = app.listen(0, '127.0.0.1', () => process.send(server.address().port))
process.once('disconnect', () => process.exit())
