import type { Store } from '@headgate/core'
import { migrateStore } from '../migrate/schemas.ts'
import { openStore, type StoreAddress } from '../store.ts'
import { type Log, reasonOf } from './log.ts'
import { patiently } from './records.ts'

/** How long after a failure PostgreSQL is tried again. */
const AGAIN_MS = 1_000
const CONNECT_MS = 5_000

/**
 * Opens the store of a service. Where its server doesn't answer yet, the service begins all the same: it decides by itself until
 * the server is there.
 *
 * @param timeout how long the store may take, in milliseconds
 */
export async function openCounters(address: StoreAddress, timeout: number, log: Log): Promise<Store> {
  if (address.kind === 'sqlite') return openSqlite(address.file, timeout)
  const stopMigrating = address.kind === 'postgres' ? await migrated(address.url, log) : () => {}
  const store = await openStore(address, { onProblem: log.warn })
  return {
    ...store,
    async close() {
      stopMigrating()
      await store.close()
    },
  }
}

/** SQLite makes all that this process does wait for who else keeps the file to themselves, so its own patience is what counts. */
async function openSqlite(file: string, busyTimeout: number): Promise<Store> {
  const { sqliteStore } = await import('@headgate/sqlite')
  return patiently(() => sqliteStore({ file, busyTimeout }))
}

/** Brings the database up to date, now or as soon as it answers. Returns what keeps it from being tried again. */
async function migrated(url: string, log: Log): Promise<() => void> {
  let timer: NodeJS.Timeout | undefined
  let isOver = false
  const attempt = (): Promise<void> => migrateStore(url, CONNECT_MS)
  const later = (): void => {
    if (isOver) return
    timer = setTimeout(() => {
      attempt().catch((error) => {
        log.warn(`The store can't be brought up to date: ${reasonOf(error)}`)
        later()
      })
    }, AGAIN_MS).unref()
  }
  try {
    await attempt()
  } catch (error) {
    if (!isAway(error)) throw error
    log.warn(`The store doesn't answer yet: ${reasonOf(error)}`)
    later()
  }
  return () => {
    isOver = true
    clearTimeout(timer)
  }
}

/** SQLSTATEs of a server that is starting, going or full, or whose connection was lost. */
const AWAY = /^(08|53|57P)/
const SQLSTATE = /^(\d[0-9A-Z]|F0|HV|P0|XX)[0-9A-Z]{3}$/

/** Whether a server didn't answer, rather than refuse: a wrong password won't be right in a minute. */
function isAway(error: unknown): boolean {
  const { cause } = error as { readonly cause?: unknown }
  if (cause === undefined) return false
  const code = String((cause as { readonly code?: unknown }).code)
  return AWAY.test(code) || !SQLSTATE.test(code)
}
