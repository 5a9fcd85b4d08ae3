import { errorIn, HeadgateError } from '@headgate/core'
import { expect, test } from 'vitest'

const refused = { code: 'QUEUE_FULL', message: 'The queue is full', fix: 'Try again later' } as const

test('an error says in how many milliseconds to try again where that is known, and has no such field elsewhere', () => {
  const error = new HeadgateError({ ...refused, retryAfterMs: 1_500 })
  expect([error.retryAfterMs, error.message]).toEqual([1_500, 'The queue is full. Try again later'])
  expect(new HeadgateError(refused)).not.toHaveProperty('retryAfterMs')
})

test('an error told of something larger keeps all that it says', () => {
  const cause = new Error('cause')
  const inner = new HeadgateError({ ...refused, option: 'key', value: 7, cause, retryAfterMs: 20 })
  const { code, message, fix, option, value, cause: why, retryAfterMs } = errorIn('queues.json', inner)
  expect({ code, message, fix, option, value, why, retryAfterMs }).toEqual({
    code: 'QUEUE_FULL',
    message: 'queues.json: The queue is full. Try again later',
    fix: 'Try again later',
    option: 'key',
    value: 7,
    why: cause,
    retryAfterMs: 20,
  })
  expect(errorIn('queues.json', inner, 'queues.key').option).toBe('queues.key')
  expect(errorIn('queues.json', new HeadgateError(refused))).not.toHaveProperty('retryAfterMs')
})
