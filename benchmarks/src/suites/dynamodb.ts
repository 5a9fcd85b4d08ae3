import { startDynamo } from '@headgate/services'
import type { Scenario, Settings } from '../scenario.ts'
import type { DynamodbTask } from '../workers/dynamodb.ts'
import { competeAtServer } from './at-server.ts'

const COMPETITORS: readonly DynamodbTask['competitor'][] = ['floor', 'headgate', 'rate-limiter-flexible']
const TOGETHER = 32
const MANY = 1_000
const WORKER = new URL('../workers/dynamodb.ts', import.meta.url).href

/** Decisions in DynamoDB, which a server on this machine stands in for: what counts there is how few requests are made. */
export const dynamodbScenarios: readonly Scenario[] = [
  {
    suite: 'dynamodb',
    name: 'dynamodb-hot',
    run: (settings) => run(`DynamoDB, one hot key: ${TOGETHER} decisions under way`, 1, TOGETHER, settings),
  },
  {
    suite: 'dynamodb',
    name: 'dynamodb-keys',
    run: (settings) =>
      run(
        `DynamoDB, ${MANY.toLocaleString('en-GB')} keys: ${TOGETHER} decisions under way`,
        MANY,
        TOGETHER,
        settings,
      ),
  },
  {
    suite: 'dynamodb',
    name: 'dynamodb-single',
    run: (settings) => run('DynamoDB, one hot key: one decision at a time', 1, 1, settings),
  },
]

function run(title: string, keys: number, together: number, settings: Settings) {
  const entrants = (url: string) =>
    COMPETITORS.map((competitor) => ({
      name: competitor,
      task: { competitor, url, keys, together } satisfies DynamodbTask,
    }))
  return competeAtServer(startDynamo, { title, settings, worker: WORKER, entrants })
}
