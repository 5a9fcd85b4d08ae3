import { expiresAt, type State } from '@headgate/core'
import type { SqliteDatabase } from './database.ts'

/** The states as one transaction sees them: each is read once and written once, however many calls ask for it. */
export interface States {
  get(key: string): State | undefined
  /** Undefined to delete. */
  set(key: string, state: State | undefined): void
  /** Writes what has changed; returns how many rows are new. */
  write(): number
}

interface Entry {
  state: State | undefined
  readonly stored: boolean
  changed: boolean
}

/** Prepares a table's statements; each call of what it returns begins anew with what is stored. */
export function prepareStates(database: SqliteDatabase, table: string): () => States {
  const select = database.prepare(`SELECT units, cells FROM "${table}" WHERE key = ?`)
  const remove = database.prepare(`DELETE FROM "${table}" WHERE key = ?`)
  const upsert = database.prepare(
    `INSERT INTO "${table}" (key, units, cells, expires_at) VALUES (?, ?, ?, ?) ON CONFLICT (key)
     DO UPDATE SET units = excluded.units, cells = excluded.cells, expires_at = excluded.expires_at`,
  )

  return () => {
    const entries = new Map<string, Entry>()

    const entryOf = (key: string): Entry => {
      let entry = entries.get(key)
      if (entry === undefined) {
        const row = select.get(key) as { units: string; cells: string } | undefined
        const state = row && { units: row.units, cells: JSON.parse(row.cells) as number[] }
        entry = { state, stored: row !== undefined, changed: false }
        entries.set(key, entry)
      }
      return entry
    }

    return {
      get: (key) => entryOf(key).state,

      set(key, state) {
        const entry = entryOf(key)
        entry.state = state
        entry.changed = true
      },

      write() {
        let added = 0
        for (const [key, { state, stored, changed }] of entries) {
          if (!changed) continue
          if (state !== undefined) {
            upsert.run(key, state.units, JSON.stringify(Array.from(state.cells)), expiresAt(state))
            if (!stored) added++
          } else if (stored) remove.run(key)
        }
        return added
      },
    }
  }
}
