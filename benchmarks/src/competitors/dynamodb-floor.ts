import { type DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb'
import { type Caller, caller } from './caller.ts'

/**
 * The least that a decision in DynamoDB can be when each is a request of its own: a count with a condition, in a window that never
 * ends.
 */
export function dynamodbFloor(client: DynamoDBClient, table: string, units: number): Caller {
  const ask = (key: string) => {
    const command = new UpdateItemCommand({
      TableName: table,
      Key: { pk: { S: `floor:${key}` } },
      UpdateExpression: 'ADD used :one',
      ConditionExpression: 'attribute_not_exists(used) OR used < :units',
      ExpressionAttributeValues: { ':one': { N: '1' }, ':units': { N: String(units) } },
    })
    return client.send(command)
  }
  // A condition that doesn't hold is a rejection.
  return caller(ask, () => true)
}
