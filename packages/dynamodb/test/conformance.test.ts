import { conform, laws } from '@headgate/conformance'
import type { Store } from '@headgate/core'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { createTable, type DynamodbStore, dynamodbStore } from '../src/index.ts'
import { connect } from './support.ts'

const client = connect()
beforeAll(() => createTable(client))
afterAll(() => client.destroy())

const open = (): DynamodbStore => dynamodbStore({ client, timeout: 20_000 })

describe('a store', () => {
  conform({ describe, it, sync: false, ordered: true, store: open })
})

/** Stores at one table, as of three processes, that are asked in turn. What one remembers of a key may be out of date. */
function takingTurns(): Store {
  const stores = [open(), open(), open()] as const
  let calls = 0
  const next = () => stores[(calls++ % 3) as 0 | 1 | 2]
  return {
    name: 'three at one table',
    decide: (checks, now) => next().decide(checks, now),
    adjust: (adjustments, now) => next().adjust(adjustments, now),
    delete: (keys) => next().delete(keys),
    close: async () => void (await Promise.all(stores.map((store) => store.close()))),
  }
}

describe('three stores at one table', () => {
  const names = [
    'equals the model',
    'expiry is invisible',
    'a clock set back is followed',
    'calls at once are as one by one',
  ]
  for (const law of laws.filter(({ name }) => names.includes(name))) {
    it(law.name, () => law.check(takingTurns), 60_000)
  }
})
