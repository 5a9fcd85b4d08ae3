import { conform } from '@headgate/conformance'
import pg from 'pg'
import { afterAll, beforeAll, describe, inject, it } from 'vitest'
import { migrate, postgresStore } from '../src/index.ts'
import './support.ts'

const schema = 'laws'
const pool = new pg.Pool({ connectionString: inject('postgresUrl') })
const client = new pg.Client({ connectionString: inject('postgresUrl') })
beforeAll(async () => {
  await migrate({ pool, schema })
  await client.connect()
})
afterAll(() => Promise.all([pool.end(), client.end()]))

describe('with a pool', () => {
  conform({ describe, it, sync: false, runs: 60, store: () => postgresStore({ pool, schema }) })
})

describe('with a client', () => {
  conform({
    describe,
    it,
    sync: false,
    runs: 20,
    store: () => postgresStore({ client, schema, prepare: true }),
  })
})
