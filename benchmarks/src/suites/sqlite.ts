import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { compete } from '../compete.ts'
import { type Goal, rowsOf } from '../figures.ts'
import type { Scenario, Settings } from '../scenario.ts'
import { timeSection } from '../table.ts'
import type { SqliteTask } from '../workers/sqlite.ts'

const COMPETITORS: readonly SqliteTask['competitor'][] = ['floor', 'headgate, sync', 'headgate, awaited']
const TOGETHER = 64
const WORKER = new URL('../workers/sqlite.ts', import.meta.url).href

/** Decisions on one key in an SQLite file. */
export const sqliteScenarios: readonly Scenario[] = [
  {
    suite: 'sqlite',
    name: 'sqlite-together',
    run: (settings) =>
      run(`SQLite file, one hot key: ${TOGETHER} decisions arrive together`, TOGETHER, settings, {
        'headgate, awaited': { of: 'floor', atLeast: 5 },
      }),
  },
  {
    suite: 'sqlite',
    name: 'sqlite-single',
    run: (settings) => run('SQLite file, one hot key: one decision at a time', 1, settings, {}),
  },
]

async function run(title: string, together: number, settings: Settings, goals: Record<string, Goal>) {
  const folder = await mkdtemp(join(tmpdir(), 'headgate-bench-'))
  const entrants = (crew: number) =>
    COMPETITORS.map((competitor, i) => ({
      name: competitor,
      task: { competitor, together, file: join(folder, `${crew}-${i}.db`) } satisfies SqliteTask,
    }))
  try {
    return timeSection(title, 'decision', rowsOf(await compete(WORKER, entrants, settings), goals))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
