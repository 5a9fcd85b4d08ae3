import type { HeadgateError } from '@headgate/core'
import { afterEach, expect, test, vi } from 'vitest'
import { createBreaker } from '../../src/wrappers/breaker.ts'
import { createGuard } from '../../src/wrappers/guard.ts'

afterEach(() => {
  vi.restoreAllMocks()
})

test('what an open breaker holds back is told when the store is asked again; while it is probed, nobody knows', async () => {
  const now = vi.spyOn(performance, 'now').mockReturnValue(1_000.25)
  const guard = createGuard('some', 60_000, createBreaker({ minimumCalls: 1, openFor: 500 }))
  const held = () => guard<HeadgateError>(() => expect.unreachable('it is held back')).catch((error) => error)
  await expect(guard(() => Promise.reject(new Error('away')))).rejects.toThrow('away')

  expect(await held()).toMatchObject({ code: 'STORE_UNAVAILABLE', retryAfterMs: 500 })
  now.mockReturnValue(1_100)
  expect((await held()).retryAfterMs).toBe(401)
  now.mockReturnValue(1_500.125)
  expect((await held()).retryAfterMs).toBe(1)

  now.mockReturnValue(1_500.25)
  let answer = (_: string): void => undefined
  const probe = guard(() => new Promise<string>((resolve) => (answer = resolve)))
  const error = await held()
  expect(error.code).toBe('STORE_UNAVAILABLE')
  expect(error).not.toHaveProperty('retryAfterMs')
  answer('back')
  expect(await probe).toBe('back')
  expect(await guard(async () => 'closed')).toBe('closed')
})
