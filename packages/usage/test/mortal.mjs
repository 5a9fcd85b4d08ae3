// A process that nobody closes in order: "once" it records and comes to its end, "forever" it says what it has written so far.
import { createUsage } from '@headgate/usage'
import { migrate, sqliteLedger } from '@headgate/usage/sqlite'
import Database from 'better-sqlite3'

const [file, how] = process.argv.slice(2)
const database = new Database(file)
migrate(database)
const usage = createUsage({ ledger: sqliteLedger(database), flushEvery: how === 'once' ? 300 : 20 })
if (how === 'once') usage.record({ subject: 'acme', units: 7 })
for (let units = 1; how !== 'once'; units++) {
  usage.record({ subject: 'acme' })
  if (units % 10 === 0) {
    await usage.flush()
    process.send({ written: units })
  }
  await new Promise((resolve) => setImmediate(resolve))
}
