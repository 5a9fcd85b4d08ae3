// One of several processes at a ledger: records for some seconds' worth of work, ends by itself, and lost nothing if that is with 0.
import { createUsage } from '@headgate/usage'
import * as postgres from '@headgate/usage/postgres'
import * as sqlite from '@headgate/usage/sqlite'
import Database from 'better-sqlite3'
import pg from 'pg'

const [kind, place, times, schema] = process.argv.slice(2)

async function openLedger() {
  if (kind === 'sqlite') {
    const database = new Database(place)
    sqlite.migrate(database)
    return sqlite.sqliteLedger(database)
  }
  const pool = new pg.Pool({ connectionString: place, max: 2 })
  await postgres.migrate(pool, { schema })
  return { ...postgres.postgresLedger(pool, { schema }), close: () => pool.end() }
}

const usage = createUsage({
  ledger: await openLedger(),
  flushEvery: 20,
  onError: (error) => console.error(error.message),
})
for (let i = 0; i < Number(times); i++) {
  // The same few subjects in all processes, each in an order of its own.
  const subject = `s${(i * ((process.pid % 7) + 2)) % 50}`
  usage.record({ subject, at: (i % 4) * 900_000_000 })
  usage.record({ subject: 'shared', at: 0 })
  usage.record({ subject, units: 2, allowed: false, at: 0 })
  if (i % 20 === 0) await new Promise((resolve) => setTimeout(resolve, 5))
}
await usage.close()
if (usage.dropped > 0) process.exitCode = 3
