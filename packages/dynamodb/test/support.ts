import { randomUUID } from 'node:crypto'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { type Check, compileLimit, fixedWindow, type Limit } from '@headgate/core'
import type {} from '@headgate/services'
import { inject, onTestFinished } from 'vitest'
import { createTable } from '../src/index.ts'

/** 2041-01-01, in microseconds. */
export const START: number = Date.UTC(2041, 0, 1) * 1_000

export const TABLE = 'headgate'

/** A client of the server of this run, or of another. */
export function connect(url: string = inject('dynamoUrl'), settings: object = {}): DynamoDBClient {
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
  const client = new DynamoDBClient({ endpoint: url, region: 'eu-west-1', credentials, ...settings })
  return client
}

/** A client that goes when the test is over, and its table. */
export async function connectForTest(url?: string, settings?: object): Promise<DynamoDBClient> {
  const client = connect(url, settings)
  onTestFinished(() => client.destroy())
  await createTable(client, { table: TABLE })
  return client
}

/** The requests that a client sends from now on, by their names. */
export function trace(client: DynamoDBClient): string[] {
  const sent: string[] = []
  client.middlewareStack.add(
    (next, context) => (args) => {
      sent.push(String(context.commandName).replace(/Command$/, ''))
      return next(args)
    },
    { step: 'finalizeRequest', priority: 'low', name: `trace-${randomUUID()}` },
  )
  return sent
}

/** A key that no other test has. */
export function freshId(): string {
  return randomUUID()
}

/** A question about a key under a limit, 3 in any window of 1 s unless told. */
export function ask(id: string, cost = 1, limit: Limit = fixedWindow({ limit: 3, window: '1s' })): Check {
  return { scope: 'test', id, rule: compileLimit(limit).ruleAt(START), cost }
}
