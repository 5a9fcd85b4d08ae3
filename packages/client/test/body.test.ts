import { expect, test, vi } from 'vitest'
import { keepBody } from '../src/body.ts'

function source(...chunks: number[]) {
  const cancel = vi.fn()
  let next = 0
  const stream = new ReadableStream<Uint8Array>({
    pull(controller) {
      const size = chunks[next++]
      if (size !== undefined) controller.enqueue(new Uint8Array(size).fill(next))
    },
    cancel,
  })
  return { stream, cancel, pulled: () => next }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

test('what is not whole yet is not kept', async () => {
  const { stream, cancel } = source(10, 10)
  const kept = keepBody(stream)
  await turn()
  expect(kept.bytes()).toBeUndefined()
  kept.release()
  await turn()
  expect(cancel).toHaveBeenCalledOnce()
  expect(kept.bytes()).toBeUndefined()
})

test('what grows past the bound is let go of at once', async () => {
  const endless = source(...Array.from({ length: 100 }, () => 2 ** 17))
  const kept = keepBody(endless.stream)
  await turn()
  expect(endless.cancel).toHaveBeenCalledOnce()
  expect(endless.pulled()).toBeLessThanOrEqual(11)
  expect(kept.bytes()).toBeUndefined()
})

test('what fits is kept whole, in order', async () => {
  const kept = keepBody(new Blob(['one ', 'two ', 'x'.repeat(2 ** 20 - 8)]).stream())
  await expect.poll(() => kept.bytes()).toBeDefined()
  expect(new TextDecoder().decode(kept.bytes()).slice(0, 12)).toBe('one two xxxx')
  expect(kept.bytes()).toHaveLength(2 ** 20)
})

test('a body that fails is not kept, and nothing is thrown past anybody', async () => {
  const failing = new ReadableStream<Uint8Array>({
    start: (controller) => controller.error(new Error('gone')),
  })
  const kept = keepBody(failing)
  await turn()
  expect(kept.bytes()).toBeUndefined()
  kept.release()
  await turn()
})
