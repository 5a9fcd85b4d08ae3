import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { conform } from '@headgate/conformance'
import type { Store } from '@headgate/core'
import { afterAll, describe, it } from 'vitest'
import { type SqliteStore, sqliteStore } from '../src/index.ts'

const folder = mkdtempSync(join(tmpdir(), 'headgate-sqlite-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('asked at once, and later', () => {
  conform({ describe, it, ordered: true, store: () => sqliteStore({ file: join(folder, 'limits.db') }) })
})

/** Calls that wait and calls that are answered at once take turns, and the file is closed and opened again under both. */
function everyWay(): Store {
  const file = join(folder, 'every-way.db')
  let store = sqliteStore({ file })
  let calls = 0
  const next = (): SqliteStore => {
    if (++calls % 25 > 0) return store
    void store.close()
    store = sqliteStore({ file })
    return store
  }
  const isAtOnce = () => calls % 3 === 0
  return {
    name: 'every way',
    decide: async (checks, now) => {
      const at = next()
      return isAtOnce() ? at.decideSync(checks, now) : at.decide(checks, now)
    },
    adjust: async (adjustments, now) => {
      const at = next()
      return isAtOnce() ? at.adjustSync(adjustments, now) : at.adjust(adjustments, now)
    },
    delete: async (keys) => {
      const at = next()
      return isAtOnce() ? at.deleteSync(keys) : at.delete(keys)
    },
    close: () => store.close(),
  }
}

describe('asked in every way in turn, of a file that is opened anew', () => {
  conform({ describe, it, sync: false, ordered: true, store: everyWay })
})
