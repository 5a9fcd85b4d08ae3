import { type DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb'

/**
 * The least that a decision in DynamoDB can be when each is a request of its own: a count with a condition, in a window that never
 * ends.
 */
export function dynamodbFloor(
  client: DynamoDBClient,
  table: string,
  units: number,
): (key: string) => Promise<boolean> {
  return async (key) => {
    const command = new UpdateItemCommand({
      TableName: table,
      Key: { pk: { S: `floor:${key}` } },
      UpdateExpression: 'ADD used :one',
      ConditionExpression: 'attribute_not_exists(used) OR used < :units',
      ExpressionAttributeValues: { ':one': { N: '1' }, ':units': { N: String(units) } },
    })
    await client.send(command)
    return true
  }
}
