import Database from 'better-sqlite3'
import { expect, test } from 'vitest'
import { sqliteStore } from '../src/index.ts'
import { ask, START } from './support.ts'

const SECOND = 1_000_000

/** A store, and how many rows it has. */
function openStore(): {
  store: ReturnType<typeof sqliteStore>
  rows: () => number
} {
  const database = new Database(':memory:')
  const store = sqliteStore({ database })
  const count = database.prepare('SELECT count(*) FROM headgate_states').pluck()
  return { store, rows: () => count.get() as number }
}

test('a table whose keys come and go stays little larger than what is live', { timeout: 30_000 }, () => {
  const { store, rows } = openStore()
  // Ten new keys a second, each of which counts for a second and is kept for a minute more.
  for (let i = 0; i < 20_000; i++) store.decideSync([ask(`user-${i}`)], START + i * (SECOND / 10))
  expect(rows()).toBeGreaterThan(600)
  expect(rows()).toBeLessThan(1_500)
})

test('keys that come in their order are swept too', { timeout: 30_000 }, () => {
  const { store, rows } = openStore()
  const name = (i: number) => String(i).padStart(8, '0')
  for (let i = 0; i < 20_000; i++) store.decideSync([ask(name(i))], START + i * (SECOND / 10))
  expect(rows()).toBeLessThan(1_500)
})

test('nothing that still counts is swept', () => {
  const { store } = openStore()
  for (let i = 0; i < 100; i++) store.decideSync([ask(`live-${i}`, 3)], START + 1_000 * SECOND)
  for (let i = 0; i < 1_000; i++) store.decideSync([ask(`new-${i}`)], START + 1_000 * SECOND)
  for (let i = 0; i < 100; i++) {
    expect(store.decideSync([ask(`live-${i}`)], START + 1_000 * SECOND).results[0]?.allowed).toBe(false)
  }
})

test('a call whose clock lags by a minute finds what counted then', () => {
  const { store } = openStore()
  store.decideSync([ask('user', 3)], START)
  for (let i = 0; i < 1_000; i++) store.decideSync([ask(`new-${i}`)], START + 61 * SECOND - 1)
  expect(store.decideSync([ask('user')], START + SECOND - 1).results[0]?.allowed).toBe(false)
})

test('a log of years ago can be replayed while the wall clock is today', () => {
  const { store, rows } = openStore()
  const then = Date.UTC(2015, 0, 1) * 1_000
  for (let i = 0; i < 2_000; i++) store.decideSync([ask(`user-${i}`, 3)], then)
  expect(rows()).toBe(2_000)
  for (let i = 0; i < 2_000; i++) {
    expect(store.decideSync([ask(`user-${i}`)], then).results[0]?.allowed).toBe(false)
  }
})

test('a call from the future drops nothing of the present', () => {
  const { store } = openStore()
  store.decideSync([ask('user', 3)], START)
  store.decideSync([ask('stray')], START + 1e9 * SECOND)
  for (let i = 0; i < 100; i++) store.decideSync([ask(`user-${i}`)], START)
  expect(store.decideSync([ask('user')], START).results[0]?.allowed).toBe(false)
})
