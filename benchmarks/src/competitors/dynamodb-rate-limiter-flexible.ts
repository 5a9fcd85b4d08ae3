import type { DynamoDB } from '@aws-sdk/client-dynamodb'
import { RateLimiterDynamo } from 'rate-limiter-flexible'
import { type Caller, rejectingCaller } from './caller.ts'

/** A fixed window per key. It makes its table itself. */
export async function dynamodbRateLimiterFlexible(
  client: DynamoDB,
  tableName: string,
  units: number,
): Promise<Caller> {
  const limiter = await new Promise<RateLimiterDynamo>((resolve, reject) => {
    const made: RateLimiterDynamo = new RateLimiterDynamo(
      { storeClient: client, tableName, points: units, duration: 3600 },
      (error?: Error) => (error ? reject(error) : resolve(made)),
    )
  })
  return rejectingCaller((key) => limiter.consume(key))
}
