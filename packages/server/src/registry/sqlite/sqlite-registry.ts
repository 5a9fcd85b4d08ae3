import { type SqliteDatabase, sqliteFailed, tableOf, transact } from '@headgate/sql/sqlite'
import { carryOut } from '../carry-out.ts'
import type { Dialect, Query, Rows } from '../dialect.ts'
import { OWNER } from '../errors.ts'
import {
  changesQuery,
  plansQuery,
  readChanges,
  readPlans,
  readSubjects,
  subjectQuery,
  subjectsQuery,
} from '../read.ts'
import type { Change, Registry, WriteOptions } from '../registry.ts'

/** Where the registry's tables are. */
export interface SqliteRegistryOptions {
  /** What the names of the tables begin with. Letters, digits and `_`, at most 48. `"headgate_registry"` unless told. */
  readonly table?: string
}

/**
 * A registry in a SQLite database, which the processes of one machine may share. Each call blocks the thread while it runs, and
 * while another process writes for at most the database's own `timeout`.
 *
 * @param database an open better-sqlite3 database, brought up to date by `migrate`; `close()` leaves it open
 * @throws HeadgateError `INVALID_OPTION`
 * @example
 * ```ts
 * import { migrate, type SqliteDatabase, sqliteRegistry } from '@headgate/server/sqlite'
 *
 * declare const database: SqliteDatabase // new Database('registry.db') of better-sqlite3
 * migrate(database)
 * const registry = sqliteRegistry(database)
 * ```
 */
export function sqliteRegistry(database: SqliteDatabase, options: SqliteRegistryOptions = {}): Registry {
  const prefix = tableOf(database, options.table ?? 'headgate_registry')
  const dialect: Dialect = {
    table: (name) => `"${prefix}_${name}"`,
    now: "CAST(round(unixepoch('now', 'subsec') * 1000) AS INTEGER)",
  }
  const read = (query: Query): Rows => {
    try {
      return run(database, query)
    } catch (error) {
      throw sqliteFailed(OWNER, error)
    }
  }
  return {
    name: 'sqlite',
    readOnly: false,
    plans: async () => readPlans(read(plansQuery(dialect))),
    subject: async (subject) => readSubjects(read(subjectQuery(dialect, subject)))[0],
    subjects: async (query) => readSubjects(read(subjectsQuery(dialect, query))),
    changes: async (query) => readChanges(read(changesQuery(dialect, query))),
    async write(change, by) {
      let id: number | undefined
      transact(database, OWNER, () => {
        id = write(database, dialect, change, by)
      })
      return id
    },
    async close() {},
  }
}

function write(database: SqliteDatabase, dialect: Dialect, change: Change, by: WriteOptions) {
  const steps = carryOut(dialect, change, by)
  for (let step = steps.next(); ; ) {
    if (step.done) return step.value
    step = steps.next(run(database, step.value))
  }
}

/** Values have names here, which are their numbers. */
function run(database: SqliteDatabase, { text, values }: Query): Rows {
  const statement = database.prepare(text)
  const named = Object.fromEntries(values.map((value, i) => [i + 1, value]))
  if (text.startsWith('SELECT')) return statement.all(named)
  statement.run(named)
  return []
}
