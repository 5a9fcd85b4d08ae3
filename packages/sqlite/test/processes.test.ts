import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { Worker } from 'node:worker_threads'
import Database from 'better-sqlite3'
import { expect, onTestFinished, test } from 'vitest'
import { sqliteStore } from '../src/index.ts'
import { ask, START, temporaryFile, thrownBy } from './support.ts'

/** A process that reads the sources, which older releases of Node must be told to do. */
function start(file: string, tries: number): ChildProcess {
  const taker = fork(new URL('./taker.mjs', import.meta.url), [file, String(tries)], {
    execArgv: ['--conditions=@headgate/source', '--experimental-strip-types', '--no-warnings'],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  onTestFinished(() => void taker.kill())
  return taker
}

/** What a process says next; an error of its own if it says nothing. */
async function saidBy(taker: ChildProcess): Promise<unknown> {
  const failed = once(taker, 'exit').then(async ([code]) => {
    throw new Error(`exit ${code}: ${await text(taker.stderr!)}`)
  })
  const [message] = await Promise.race([once(taker, 'message'), failed])
  return message
}

test('eight processes that open one fresh file at once admit exactly the limit, and none is told that it is busy', {
  timeout: 60_000,
}, async () => {
  const file = temporaryFile()
  const takers = Array.from({ length: 8 }, () => start(file, 300))
  await Promise.all(takers.map(saidBy))
  const admitted = takers.map(saidBy)
  for (const taker of takers) taker.send('go')
  const total = (await Promise.all(admitted)).reduce((sum: number, one) => sum + (one as number), 0)
  expect(total).toBe(1_000)
})

// To bring a file into WAL mode takes being alone with it; one that is there already must still be migrated.
test.each(['DELETE', 'WAL'])(
  'a store that opens a file of journal mode %s waits for who holds it',
  async (mode) => {
    const file = temporaryFile()
    const holder = new Worker(holdAndLetGo, {
      eval: true,
      workerData: { file, mode, path: import.meta.filename },
    })
    await once(holder, 'message')
    const store = sqliteStore({ file })
    expect(store.decideSync([ask('a')], START).results[0]?.allowed).toBe(true)
    await store.close()
  },
)

/** A thread that holds a file for a while, long after SQLite itself would have stopped waiting. */
const holdAndLetGo = `
  const { parentPort, workerData } = require('node:worker_threads')
  const Database = require('node:module').createRequire(workerData.path)('better-sqlite3')
  const database = new Database(workerData.file)
  database.pragma('journal_mode = ' + workerData.mode)
  database.exec('CREATE TABLE theirs (a); BEGIN IMMEDIATE; INSERT INTO theirs VALUES (1)')
  parentPort.postMessage('held')
  setTimeout(() => database.exec('COMMIT'), 300)
`

test('a store waits for who holds the file, and says so when that takes too long', {
  timeout: 30_000,
}, async () => {
  const file = temporaryFile()
  const store = sqliteStore({ file, busyTimeout: 60 })
  const other = new Database(file)
  onTestFinished(() => void other.close())
  other.exec('BEGIN IMMEDIATE')
  const busy = {
    code: 'STORE_FAILED',
    fix: expect.stringContaining('busyTimeout'),
    cause: { code: 'SQLITE_BUSY' },
  }
  const answers = await Promise.allSettled([store.decide([ask('a')], START), store.decide([ask('b')], START)])
  for (const answer of answers) expect(answer).toMatchObject({ status: 'rejected', reason: busy })
  expect(thrownBy(() => store.decideSync([ask('a')], START))).toMatchObject(busy)
  expect(thrownBy(() => sqliteStore({ file, busyTimeout: 60 }))).toMatchObject({ ...busy, option: 'file' })

  other.exec('COMMIT')
  expect(store.decideSync([ask('a', 3)], START).results[0]?.allowed).toBe(true)
  await store.close()
})
