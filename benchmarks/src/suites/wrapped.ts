import { startRedis } from '@headgate/services'
import type { Goal } from '../figures.ts'
import type { Scenario, Settings } from '../scenario.ts'
import type { WrappedTask } from '../workers/wrapped.ts'
import { competeAtServer } from './at-server.ts'

const TOGETHER = 64
const WORKER = new URL('../workers/wrapped.ts', import.meta.url).href

/** What answering from memory saves at a server: denials that are known, and units that were taken in advance. */
export const wrappedScenarios: readonly Scenario[] = [
  {
    suite: 'wrapped',
    name: 'redis-denied',
    run: (settings) =>
      run(
        `Redis, one hot key, all denied: ${TOGETHER} decisions under way`,
        1,
        ['floor', 'headgate, gathered', 'headgate, denialCache'],
        settings,
        { 'headgate, denialCache': { of: 'floor', atLeast: 6 } },
      ),
  },
  {
    suite: 'wrapped',
    name: 'redis-leased',
    run: (settings) =>
      run(
        `Redis, one hot key, leased: ${TOGETHER} decisions under way`,
        1_000_000_000,
        ['floor', 'headgate, each by itself', 'headgate, gathered', 'headgate, leased'],
        settings,
        { 'headgate, leased': { of: 'headgate, each by itself', atLeast: 20 } },
      ),
  },
]

function run(
  title: string,
  units: number,
  competitors: readonly WrappedTask['competitor'][],
  settings: Settings,
  goals: Record<string, Goal>,
) {
  const entrants = (url: string) =>
    competitors.map((competitor) => ({
      name: competitor,
      task: { competitor, url, together: TOGETHER, units } satisfies WrappedTask,
    }))
  // A denied key stays so for an hour: another crew would find it as the first left it.
  const one = { ...settings, crews: 1 }
  return competeAtServer(startRedis, { title, settings: one, goals, worker: WORKER, entrants })
}
