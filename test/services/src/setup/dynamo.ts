import { startDynamo } from '../dynamo.ts'
import { provide } from './provide.ts'

export default provide('dynamoUrl', 'DYNAMODB_ENDPOINT', () => startDynamo())
