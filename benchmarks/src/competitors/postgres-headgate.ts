import { createLimiter, tokenBucket } from '@headgate/core'
import { migrate, postgresStore } from '@headgate/postgres'
import type pg from 'pg'
import { type Caller, limiterCaller } from './caller.ts'

/** Prepared, as the floor is. `unlogged` or not, the table is in a schema of its own. */
export async function postgresHeadgate(pool: pg.Pool, units: number, unlogged: boolean): Promise<Caller> {
  const schema = unlogged ? 'unlogged' : 'durable'
  await migrate({ pool, schema, unlogged })
  const limiter = createLimiter({
    store: postgresStore({ pool, schema, prepare: true, timeout: 30_000 }),
    limits: { rate: tokenBucket({ capacity: units, refill: units, per: '1h' }) },
  })
  return limiterCaller(limiter)
}
