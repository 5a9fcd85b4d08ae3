import { conform, laws } from '@headgate/conformance'
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
  conform({
    describe,
    it,
    sync: false,
    runs: 60,
    store: () => postgresStore({ pool, schema, timeout: 30_000 }),
  })
})

// One statement at a time, so that those that share one keep their order, and those that don't too.
describe('with a pool, one statement at a time', () => {
  const law = laws.find(({ name }) => name === 'calls keep their order')
  it('calls keep their order, however they are gathered', async () => {
    await law?.check(() => postgresStore({ pool, schema, maxInFlight: 1, timeout: 20_000 }), { runs: 200 })
  }, 60_000)
})

describe('with a client', () => {
  conform({
    describe,
    it,
    sync: false,
    ordered: true,
    runs: 20,
    store: () => postgresStore({ client, schema, prepare: true, timeout: 30_000 }),
  })
})
