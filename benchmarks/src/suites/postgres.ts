import { startPostgres } from '@headgate/services'
import type { Goal } from '../figures.ts'
import type { Scenario, Settings } from '../scenario.ts'
import type { PostgresTask } from '../workers/postgres.ts'
import { competeAtServer } from './at-server.ts'

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

function run(title: string, keys: number, settings: Settings, goals: Record<string, Goal>) {
  // As it comes: what is durable waits for the disk.
  const start = () => startPostgres(['fsync=on'])
  const entrants = (url: string) =>
    COMPETITORS.map((competitor) => ({
      name: competitor,
      task: { competitor, url, keys, together: TOGETHER } satisfies PostgresTask,
    }))
  return competeAtServer(start, { title, settings, goals, worker: WORKER, entrants })
}
