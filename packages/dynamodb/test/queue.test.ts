import { expect, test } from 'vitest'
import { checkOptions } from '../src/options.ts'
import { createQueue, type Waiting } from '../src/queue.ts'
import { ask, connect } from './support.ts'

const client = connect('http://127.0.0.1:1')

/** A queue whose batches a test lets go, and the costs of each batch that was sent. */
function makeQueue(timeout: number) {
  const sent: number[][] = []
  const held: (() => void)[] = []
  const settle = async (_: readonly string[], batch: readonly Waiting[]): Promise<void> => {
    sent.push(batch.map(({ call }) => (call.kind === 'decide' ? (call.on[0]?.cost ?? 0) : -1)))
    await new Promise<void>((resolve) => held.push(resolve))
    for (const { resolve } of batch) resolve({ now: 0, results: [] })
  }
  const queue = createQueue(checkOptions({ client, timeout }), settle)
  const submit = (cost: number, keys: readonly string[], given?: number) =>
    queue.submit({ kind: 'decide', on: [ask('', cost)], keys }, given).then(
      () => 'answered',
      (error) => error.code,
    )
  /** Lets go of the oldest batch that is under way, once it is. */
  const letGo = async () => {
    await new Promise((resolve) => setTimeout(resolve, 5))
    held.shift()?.()
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  return { sent, submit, letGo, queue }
}

test('calls for a key under way wait, and go together in the order in which they came', async () => {
  const { sent, submit, letGo } = makeQueue(5_000)
  const answers = [submit(1, ['a']), submit(2, ['a'])]
  await new Promise((resolve) => setTimeout(resolve, 5))
  answers.push(submit(3, ['a']), submit(4, ['b']), submit(5, ['a']))
  await letGo()
  expect(sent).toEqual([[1, 2], [4], [3, 5]])
  await letGo()
  await letGo()
  expect(await Promise.all(answers)).toEqual(answers.map(() => 'answered'))
})

test('calls whose keys overlap neither overtake nor wait for each other', async () => {
  const { sent, submit, letGo } = makeQueue(5_000)
  const answers = [submit(1, ['a', 'b']), submit(2, ['b', 'a']), submit(3, ['b', 'c']), submit(4, ['c', 'a'])]
  answers.push(submit(5, ['c', 'a']), submit(6, ['b']), submit(7, ['d']))
  for (let i = 0; i < 6; i++) await letGo()
  expect(sent).toEqual([[1, 2], [7], [3], [4, 5], [6]])
  expect(await Promise.all(answers)).toEqual(answers.map(() => 'answered'))
})

test('calls of other times are decided apart', async () => {
  const { sent, submit, letGo } = makeQueue(5_000)
  const answers = [submit(1, ['a'], 5), submit(2, ['a'], 5), submit(3, ['a'], 6), submit(4, ['a'])]
  for (let i = 0; i < 4; i++) await letGo()
  expect(sent).toEqual([[1, 2], [3], [4]])
  expect(await Promise.all(answers)).toEqual(answers.map(() => 'answered'))
})

test('who is past his deadline when his turn comes is not decided; who came later is', async () => {
  const { sent, submit, letGo, queue } = makeQueue(100)
  const first = submit(1, ['a'])
  await new Promise((resolve) => setTimeout(resolve, 5))
  const second = submit(2, ['a'])
  await new Promise((resolve) => setTimeout(resolve, 70))
  const third = submit(3, ['a'])
  expect(await Promise.all([first, second])).toEqual(['STORE_TIMEOUT', 'STORE_TIMEOUT'])
  await letGo()
  expect(sent).toEqual([[1], [3]])
  await letGo()
  expect(await third).toBe('answered')
  await queue.idle()
})
