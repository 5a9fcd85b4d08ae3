import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { createLimiter, tokenBucket } from '@headgate/core'
import { dynamodbStore } from '@headgate/dynamodb'
import { type Caller, limiterCaller } from './caller.ts'

export function dynamodbHeadgate(client: DynamoDBClient, table: string, units: number): Caller {
  const limiter = createLimiter({
    store: dynamodbStore({ client, table, timeout: 30_000 }),
    limits: { rate: tokenBucket({ capacity: units, refill: units, per: '1h' }) },
  })
  return limiterCaller(limiter)
}
