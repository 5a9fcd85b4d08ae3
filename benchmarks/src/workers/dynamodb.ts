import { DynamoDB } from '@aws-sdk/client-dynamodb'
import { createTable } from '@headgate/dynamodb'
import type { Caller } from '../competitors/caller.ts'
import type { Sample } from '../interleave.ts'
import { callers } from './callers.ts'
import type { Prepare } from './seat.ts'

export interface DynamodbTask {
  readonly competitor: keyof typeof COMPETITORS
  readonly url: string
  readonly keys: number
  /** How many decisions are under way at a time. */
  readonly together: number
}

const UNITS = 1_000_000_000
const TABLE = 'headgate'

export const COMPETITORS = {
  floor: async (client: DynamoDB): Promise<Caller> =>
    (await import('../competitors/dynamodb-floor.ts')).dynamodbFloor(client, TABLE, UNITS),
  headgate: async (client: DynamoDB): Promise<Caller> =>
    (await import('../competitors/dynamodb-headgate.ts')).dynamodbHeadgate(client, TABLE, UNITS),
  'rate-limiter-flexible': async (client: DynamoDB): Promise<Caller> =>
    (await import('../competitors/dynamodb-rate-limiter-flexible.ts')).dynamodbRateLimiterFlexible(
      client,
      'flexible',
      UNITS,
    ),
}

/** So many callers, each of whom asks again when it is answered. */
export const prepare: Prepare<DynamodbTask, Sample> = async ({ competitor, url, keys, together }) => {
  const credentials = { accessKeyId: 'bench', secretAccessKey: 'bench' }
  const client = new DynamoDB({ endpoint: url, region: 'eu-west-1', credentials })
  await createTable(client, { table: TABLE })
  const call = await COMPETITORS[competitor](client)
  return callers({ call, keys, together })
}
