import { startPostgres } from '@headgate/services'
import { compete } from '../compete.ts'
import { type Goal, rowsOf } from '../figures.ts'
import type { Scenario, Settings } from '../scenario.ts'
import { timeSection } from '../table.ts'
import type { PostgresTask } from '../workers/postgres.ts'

const COMPETITORS: readonly PostgresTask['competitor'][] = [
  'floor',
  'headgate, unlogged',
  'headgate, durable',
  'rate-limiter-flexible, durable',
]
const TOGETHER = 64
const MANY = 10_000
const WORKER = new URL('../workers/postgres.ts', import.meta.url).href

/** Decisions in PostgreSQL, 64 under way in one process. */
export const postgresScenarios: readonly Scenario[] = [
  {
    suite: 'postgres',
    name: 'postgres-hot',
    run: (settings) =>
      run(`PostgreSQL, one hot key: ${TOGETHER} decisions under way`, 1, settings, {
        'headgate, unlogged': { of: 'floor', atLeast: 15 },
        'headgate, durable': { of: 'floor', atLeast: 7.5 },
      }),
  },
  {
    suite: 'postgres',
    name: 'postgres-keys',
    run: (settings) =>
      run(
        `PostgreSQL, ${MANY.toLocaleString('en-GB')} keys: ${TOGETHER} decisions under way`,
        MANY,
        settings,
        {
          'headgate, unlogged': { of: 'floor', atLeast: 4 },
          'headgate, durable': { of: 'floor', atLeast: 2 },
        },
      ),
  },
]

async function run(title: string, keys: number, settings: Settings, goals: Record<string, Goal>) {
  // As it comes: what is durable waits for the disk.
  const server = await startPostgres(['fsync=on'])
  const entrants = () =>
    COMPETITORS.map((competitor) => ({
      name: competitor,
      task: { competitor, url: server.url, keys, together: TOGETHER } satisfies PostgresTask,
    }))
  try {
    return timeSection(title, 'decision', rowsOf(await compete(WORKER, entrants, settings), goals))
  } finally {
    await server.stop()
  }
}
