import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'

/** What the store needs of a `DynamoDBClient` of the AWS SDK v3: that it sends commands. */
export type DynamoClient = Pick<DynamoDBClient, 'send'>
