import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Check, compileLimit, fixedWindow, type HeadgateError, type Limit } from '@headgate/core'
import Database from 'better-sqlite3'
import { onTestFinished } from 'vitest'

/** 2026-01-01, in microseconds. */
export const START: number = Date.UTC(2026, 0, 1) * 1_000

/** A path for a file that goes when the test is over. */
export function temporaryFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'headgate-sqlite-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return join(folder, 'limits.db')
}

/** A database in memory, and the statements that it has run. */
export function tracedDatabase(): { database: Database.Database; statements: string[] } {
  const statements: string[] = []
  const database = new Database(':memory:', { verbose: (sql) => statements.push(String(sql)) })
  return { database, statements }
}

/** A question about a key under a limit, 3 in any window of 1 s unless told. */
export function ask(id: string, cost = 1, limit: Limit = fixedWindow({ limit: 3, window: '1s' })): Check {
  return { scope: 'test', id, rule: compileLimit(limit).ruleAt(START), cost }
}

/** The error that a call throws. */
export function thrownBy(call: () => unknown): HeadgateError {
  try {
    call()
  } catch (error) {
    return error as HeadgateError
  }
  throw new Error('It did not throw')
}
