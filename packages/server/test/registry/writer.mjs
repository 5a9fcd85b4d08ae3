// One of several processes at a registry: makes changes at random and tells their ids. Each change of the plans says as `daily`
// by which revision it was made.
import * as postgres from '@headgate/server/postgres'
import * as sqlite from '@headgate/server/sqlite'
import Database from 'better-sqlite3'
import pg from 'pg'

const { kind, place, schema, times = Infinity, timeout = 10_000, holds } = JSON.parse(process.argv[2])

async function open() {
  if (kind === 'sqlite') {
    // How long SQLite lets somebody wait is luck where many write and the machine is busy.
    const database = new Database(place, { timeout: 60_000 })
    sqlite.migrate(database)
    if (holds) database.exec('BEGIN IMMEDIATE')
    return sqlite.sqliteRegistry(database)
  }
  const pool = new pg.Pool({ connectionString: place, max: 2, application_name: `${schema}_writer` })
  await postgres.migrate(pool, { schema })
  return { ...postgres.postgresRegistry(pool, { schema, timeout }), close: () => pool.end() }
}

const pick = (all) => all[Math.floor(Math.random() * all.length)]
const PLANS = ['p0', 'p1', 'p2', 'p3', 'p4']

function anyChange({ revision, plans }) {
  const plan = pick(PLANS)
  const subject = `s${Math.floor(Math.random() * 12)}`
  const options = { daily: revision }
  const chance = Math.random()
  if (revision === 0 || chance < 0.08) {
    const some = PLANS.filter((one) => one === plan || Math.random() < 0.7)
    const written = some.map((one) => [one, options])
    return { type: 'plans.replaced', default: plan, plans: Object.fromEntries(written) }
  }
  if (chance < 0.25) return { type: 'plan.set', plan, options }
  if (chance < 0.4) return { type: 'plan.deleted', plan }
  if (chance < 0.45) return { type: 'default.set', plan }
  if (chance < 0.65) return { type: 'subject.deleted', subject }
  if (chance < 0.7) return { type: 'subject.reset', subject }
  return { type: 'subject.set', subject, assignment: { plan: pick(Object.keys(plans)) } }
}

const registry = await open()
if (holds) {
  process.send(0)
  setInterval(() => {}, 1_000)
} else {
  const expected = ['CHANGE_CONFLICT', 'PLAN_IN_USE', 'UNKNOWN_PLAN']
  for (let made = 0; made < times; ) {
    const plans = await registry.plans()
    const change = anyChange(plans)
    // Where calls don't wait, this lets others in between.
    await new Promise((resolve) => setTimeout(resolve, Math.random() < 0.3 ? 1 : 0))
    try {
      const id = await registry.write(change, { actor: `${process.pid}`, revision: plans.revision })
      if (id === undefined) continue
      made++
      process.send(id)
    } catch (error) {
      if (!expected.includes(error.code)) console.error(error)
    }
  }
  await registry.close()
  process.disconnect()
}
