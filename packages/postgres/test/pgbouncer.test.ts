import { conform } from '@headgate/conformance'
import { createLimiter, fixedWindow } from '@headgate/core'
import { startPgbouncer } from '@headgate/services'
import pg from 'pg'
import { afterAll, describe, expect, inject, it } from 'vitest'
import { migrate, postgresStore } from '../src/index.ts'
import './support.ts'

const pgbouncer = await startPgbouncer(inject('postgresUrl'))

describe.skipIf(pgbouncer === undefined)(
  'behind PgBouncer in transaction mode (a Debian package, where it can be had)',
  () => {
    const schema = `bouncer_${process.pid}`
    const pool = new pg.Pool({ connectionString: pgbouncer?.url, max: 10 })
    afterAll(async () => {
      await pool.query(`DROP SCHEMA ${schema} CASCADE`)
      await pool.end()
      await pgbouncer?.stop()
    })

    it('migrates', async () => {
      expect(await migrate({ pool, schema })).toMatchObject({ from: 0 })
      expect(await migrate({ pool, schema })).toMatchObject({ from: 2 })
    })

    conform({
      describe,
      it,
      sync: false,
      runs: 15,
      store: () => postgresStore({ pool, schema, timeout: 30_000 }),
    })

    it.for([false, true])(
      'many at once share its two connections, and admit exactly the limit (pipelined: %s)',
      async (pipeline) => {
        const own = new pg.Pool({ connectionString: pgbouncer?.url, max: 10, pipeline })
        const store = postgresStore({ pool: own, schema, maxInFlight: 10, timeout: 10_000 })
        const limiter = createLimiter({
          store,
          limits: { total: fixedWindow({ limit: 700, window: '365d' }) },
        })
        let admitted = 0
        const caller = async () => {
          for (let i = 0; i < 50; i++) if ((await limiter.consume(`shared ${pipeline}`)).allowed) admitted++
        }
        await Promise.all(Array.from({ length: 40 }, caller))
        expect(admitted).toBe(700)
        // What the store sets for a transaction must not stay on the connection that others get next.
        const { rows } = await pool.query(
          "SELECT current_setting('lock_timeout') AS wait, current_setting('enable_seqscan') AS scan",
        )
        expect(rows).toEqual([{ wait: '0', scan: 'on' }])
        await store.close()
        await own.end()
      },
    )
  },
)
