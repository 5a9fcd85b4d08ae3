import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import Database from 'better-sqlite3'
import { expect, onTestFinished, test } from 'vitest'
import { sqliteLedger } from '../src/sqlite.ts'
import { temporaryFile, unitsIn } from './support.ts'

function start(file: string, how: string): ChildProcess {
  const child = fork(new URL('./mortal.mjs', import.meta.url), [file, how], {
    execArgv: ['--conditions=@headgate/source', '--experimental-strip-types', '--no-warnings'],
  })
  onTestFinished(() => void child.kill())
  return child
}

async function unitsAt(file: string): Promise<number> {
  const database = new Database(file)
  onTestFinished(() => void database.close())
  return Number(await unitsIn(sqliteLedger(database)))
}

test('a process that comes to its end with counts that wait writes them first, and then ends', async () => {
  const file = temporaryFile()
  expect(await once(start(file, 'once'), 'exit')).toEqual([0, null])
  expect(await unitsAt(file)).toBe(7)
})

test('kill −9 loses what wasn’t written, and nothing of what was', async () => {
  const file = temporaryFile()
  let recorded = 0
  for (let round = 0; round < 3; round++) {
    const child = start(file, 'forever')
    let written = 0
    child.on('message', (message: { written: number }) => {
      written = message.written
      if (written >= 100 + 40 * round) child.kill('SIGKILL')
    })
    expect(await once(child, 'exit')).toEqual([null, 'SIGKILL'])
    const found = (await unitsAt(file)) - recorded
    expect(found).toBeGreaterThanOrEqual(written)
    recorded += found
  }
})
