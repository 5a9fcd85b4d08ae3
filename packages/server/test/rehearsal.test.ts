import { expect, test } from 'vitest'
import { start } from './support.ts'

test('decisions go on while many plans are checked', async () => {
  const { ask } = await start()
  const plans = Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`p${i}`, { daily: i + 1 }]))
  let turns = 0
  let isOver = false
  const turn = (): void => {
    turns++
    if (!isOver) setImmediate(turn)
  }
  turn()
  const { status } = await ask('PUT', '/v1/plans', { default: 'p0', plans })
  isOver = true
  expect(status).toBe(200)
  expect(turns).toBeGreaterThan(200)
})
