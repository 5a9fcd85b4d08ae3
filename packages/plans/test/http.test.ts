import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { carryOut, createGuard, nodeHost } from '@headgate/http'
import { memoryStore } from '@headgate/memory'
import { expect, onTestFinished, test } from 'vitest'
import { createDirectory, definePlans, type LookupAnswer } from '../src/index.ts'

test('before a server each customer has the limits of its plan, looked up, and keeps what was used when it buys another', async () => {
  const bought = new Map<string, LookupAnswer>([['acme', 'premium']])
  const directory = createDirectory({
    plans: definePlans({
      free: { daily: 2 },
      premium: { rate: { limit: 4, per: '1h' }, daily: 100 },
    }),
    default: 'free',
    lookup: async (account) => bought.get(account),
  })
  const keyOf = (request: { readonly headers: { readonly [name: string]: unknown } }): string =>
    String(request.headers['x-account'])
  const guard = createGuard(nodeHost(), {
    store: memoryStore(),
    key: keyOf,
    limits: (request) => directory.limitsOf(keyOf(request)),
  })
  const server = createServer(async (request, response) => {
    if (carryOut(await guard.check(request), response)) response.end('hello')
  })
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const { port } = server.address() as AddressInfo
  const ask = async (account: string) => {
    const { status, headers } = await fetch(`http://127.0.0.1:${port}/`, {
      headers: { 'x-account': account },
    })
    return `${status} ${headers.get('ratelimit')?.replaceAll(/;t=\d+/g, '')}`
  }

  expect(await ask('acme')).toBe('200 "rate";r=3, "daily";r=99')
  expect([await ask('small'), await ask('small'), await ask('small')]).toEqual([
    '200 "daily";r=1',
    '200 "daily";r=0',
    '429 "daily";r=0',
  ])
  bought.set('small', { plan: 'premium', daily: 3 })
  directory.forget('small')
  expect(await ask('small')).toBe('200 "rate";r=3, "daily";r=0')
})
