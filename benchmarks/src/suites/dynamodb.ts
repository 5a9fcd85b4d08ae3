import { startDynamo } from '@headgate/services'
import { compete } from '../compete.ts'
import { rowsOf } from '../figures.ts'
import type { Scenario, Settings } from '../scenario.ts'
import { timeSection } from '../table.ts'
import type { DynamodbTask } from '../workers/dynamodb.ts'

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

async function run(title: string, keys: number, together: number, settings: Settings) {
  const server = await startDynamo()
  const entrants = () =>
    COMPETITORS.map((competitor) => ({
      name: competitor,
      task: { competitor, url: server.url, keys, together } satisfies DynamodbTask,
    }))
  try {
    return timeSection(title, 'decision', rowsOf(await compete(WORKER, entrants, settings), {}))
  } finally {
    await server.stop()
  }
}
