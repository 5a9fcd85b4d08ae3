import { expect, test } from 'vitest'
import { createGate, type Gate } from '../src/gate.ts'
import { createGates } from '../src/gates.ts'
import { reply, simulate } from './support.ts'
import { type VirtualClock, virtualClock } from './virtual-clock.ts'

function table(max: number) {
  const clock = virtualClock()
  let made = 0
  const gateOf = createGates(max, () => {
    made++
    return createGate(clock, 60_000_000)
  })
  return { clock, gateOf, made: () => made }
}

const close = async (clock: VirtualClock, gate: Gate, ms: number): Promise<void> => {
  const place = { number: 0, deadline: clock.now() + 1e9, signal: undefined }
  const pass = await gate.enter(place)
  if (pass === undefined) throw new Error('not open')
  gate.leave(pass, { quotas: [], closedFor: ms * 1_000, served: false })
}

test('a full table forgets who was used longest ago', async () => {
  const { clock, gateOf } = table(3)
  const first = gateOf('a')
  for (const origin of ['a', 'b', 'c']) await close(clock, gateOf(origin), 10_000)
  expect(gateOf('a')).toBe(first)
  const second = gateOf('b')
  gateOf('a')
  gateOf('d') // c goes
  expect(gateOf('b')).toBe(second)
  expect(gateOf('a')).toBe(first)
})

test('what is in use stays, and a newcomer finds no place', async () => {
  const { clock, gateOf } = table(2)
  const place = { number: 0, deadline: clock.now() + 1e9, signal: undefined }
  const a = gateOf('a')
  const first = a.enter(place)
  const b = gateOf('b')
  const passes = await Promise.all([first, b.enter(place)])
  expect(passes).not.toContain(undefined)
  expect(gateOf('c')).not.toBe(gateOf('c'))
  expect(gateOf('a')).toBe(a)
  expect(gateOf('b')).toBe(b)
})

test('what lapsed makes room for what comes, also in a table that is not full', async () => {
  const { clock, gateOf } = table(1_000)
  const old = gateOf('a')
  await close(clock, old, 1_000)
  gateOf('b')
  expect(gateOf('a')).toBe(old)
  await clock.pass(1_000)
  gateOf('c')
  gateOf('d')
  expect(gateOf('a')).not.toBe(old)
})

test('ten thousand hostile origins leave no timer, and no more than the bound', async () => {
  const { clock, fetch } = simulate(() => reply(429, { 'retry-after': '31536000' }), { maxOrigins: 50 })
  for (let i = 0; i < 10_000; i++) expect((await fetch(`http://h${i}.test/`)).status).toBe(429)
  expect(clock.asleep()).toBe(0)
  // The oldest are forgotten, the newest are not.
  expect((await fetch('http://h0.test/')).status).toBe(429)
  const held = fetch('http://h9999.test/')
  await clock.settle()
  expect(clock.asleep()).toBe(1)
  await clock.run(held)
  expect(clock.ms()).toBe(60_000)
})

test('of a large table only a few are looked at for each that comes', () => {
  let looked = 0
  const gateOf = createGates(1_000, () => ({
    enter: async () => undefined,
    leave: () => {},
    isUsed: () => true,
    isBlank: () => {
      looked++
      return false
    },
  }))
  for (let i = 0; i < 500; i++) gateOf(`http://h${i}.test`)
  expect(looked).toBeLessThanOrEqual(1_000)
})
