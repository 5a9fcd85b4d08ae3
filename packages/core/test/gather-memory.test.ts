import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { createGather } from '../src/index.ts'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as (options: { type: 'minor' }) => void

function oldBytes(): number {
  return getHeapSpaceStatistics().find(({ space_name }) => space_name === 'old_space')?.space_used_size ?? 0
}

test('a question that was slow does not make all those after it grow old', async () => {
  const answers: (() => void)[] = []
  const gather = createGather<number, number>({
    name: 'fake',
    send: (numbers) => new Promise((resolve) => answers.push(() => resolve(numbers))),
    timeout: 60_000,
    maxBatch: 1,
    maxInFlight: 2,
    maxWaiting: 10,
  })
  const asked: Promise<number>[] = [gather.ask(0)]
  await Promise.resolve()
  for (let i = 0; i < 3; i++) collect({ type: 'minor' })
  const before = oldBytes()
  // One is asked before the last is answered: there is no end to them.
  for (let i = 1; i < 20_000; i++) {
    asked.push(gather.ask(i))
    await Promise.resolve()
    answers.shift()?.()
    await asked.shift()
  }
  for (let i = 0; i < 3; i++) collect({ type: 'minor' })
  expect(oldBytes() - before).toBeLessThan(2 ** 20)
  answers.shift()?.()
  await asked.shift()
})
