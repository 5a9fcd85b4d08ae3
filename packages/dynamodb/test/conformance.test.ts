import { conform } from '@headgate/conformance'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { createTable, dynamodbStore } from '../src/index.ts'
import { connect } from './support.ts'

const client = connect()
beforeAll(() => createTable(client))
afterAll(() => client.destroy())

conform({ describe, it, sync: false, store: () => dynamodbStore({ client, timeout: 20_000 }) })
