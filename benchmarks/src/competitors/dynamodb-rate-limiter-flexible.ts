import type { DynamoDB } from '@aws-sdk/client-dynamodb'
import { RateLimiterDynamo } from 'rate-limiter-flexible'

/** A fixed window per key. It makes its table itself. */
export async function dynamodbRateLimiterFlexible(
  client: DynamoDB,
  tableName: string,
  units: number,
): Promise<(key: string) => Promise<boolean>> {
  const limiter = await new Promise<RateLimiterDynamo>((resolve, reject) => {
    const made: RateLimiterDynamo = new RateLimiterDynamo(
      { storeClient: client, tableName, points: units, duration: 3600 },
      (error?: Error) => (error ? reject(error) : resolve(made)),
    )
  })
  return (key) =>
    limiter.consume(key).then(
      () => true,
      (denial) => {
        if (denial instanceof Error) throw denial
        return false
      },
    )
}
