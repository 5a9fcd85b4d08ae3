import 'reflect-metadata'
import type { Store } from '@headgate/core'
import { Controller, Get, type INestApplication, Module } from '@nestjs/common'
import { APP_GUARD, NestFactory } from '@nestjs/core'
import {
  SkipThrottle,
  Throttle,
  ThrottlerGuard,
  ThrottlerModule,
  type ThrottlerOptions,
} from '@nestjs/throttler'
import { describe, expect, test } from 'vitest'
import { throttlerStorage } from '../src/nestjs-throttler.ts'
import {
  atOnce,
  away,
  backends,
  countOf,
  get,
  hostile,
  instances,
  keyIn,
  later,
  statuses,
} from './support.ts'

/** Decorators as plain functions: what strips types doesn't know their syntax. */
function decorate(target: object, method: string, ...decorators: readonly MethodDecorator[]): void {
  const descriptor = Object.getOwnPropertyDescriptor(target, method) as PropertyDescriptor
  for (const decorator of decorators) decorator(target, method, descriptor)
}

function makeApp(store: Store, throttlers: ThrottlerOptions[]) {
  class Site {
    plain() {
      return 'ok'
    }
    own() {
      return 'ok'
    }
    free() {
      return 'ok'
    }
  }
  Controller()(Site)
  decorate(Site.prototype, 'plain', Get('/'))
  decorate(Site.prototype, 'own', Get('/own'), Throttle({ default: { limit: 1, ttl: 60_000 } }))
  decorate(Site.prototype, 'free', Get('/free'), SkipThrottle())

  class App {}
  Module({
    imports: [
      ThrottlerModule.forRoot({
        throttlers,
        storage: throttlerStorage(store),
        getTracker: (req) =>
          req['query'].i ? (hostile[req['query'].i] ?? '') : keyIn(req['headers']['x-key']),
        // As the guard's own, without the hash: the storage must take keys as they come.
        generateKey: (context, tracker) => `${context.getHandler().name}-${tracker}`,
      }),
    ],
    controllers: [Site],
    providers: [{ provide: APP_GUARD, useClass: ThrottlerGuard }],
  })(App)
  return App
}

async function start(
  store: Store,
  throttlers: ThrottlerOptions[] = [{ limit: 3, ttl: 60_000 }],
): Promise<string> {
  const app: INestApplication = await NestFactory.create(makeApp(store, throttlers), { logger: false })
  later(() => app.close())
  await app.listen(0, '127.0.0.1')
  return `${await app.getUrl()}/`
}

describe.each(backends)('on $name', ({ open }) => {
  test('counts, denies and tells', async () => {
    const url = await start(await open())
    const first = await get(url)
    expect(first).toMatchObject({ status: 200, body: 'ok' })
    expect(first.headers.get('x-ratelimit-limit')).toBe('3')
    expect(first.headers.get('x-ratelimit-remaining')).toBe('2')
    expect(first.headers.get('x-ratelimit-reset')).toMatch(/^(60|59)$/)
    expect(await statuses(url, 3)).toEqual([200, 200, 429])
    const denied = await get(url)
    expect(Number(denied.headers.get('retry-after'))).toBeGreaterThan(50)
    expect((await get(url, 'other')).status).toBe(200)
    expect(await statuses(`${url}own`, 2)).toEqual([200, 429])
    expect(await statuses(`${url}free`, 5)).toEqual([200, 200, 200, 200, 200])
  })

  test('several throttlers, of which each counts by itself', async () => {
    const url = await start(await open(), [
      { name: 'short', limit: 2, ttl: 60_000, blockDuration: 300 },
      { name: 'long', limit: 3, ttl: 60_000 },
    ])
    expect(await statuses(url, 3)).toEqual([200, 200, 429])
    await new Promise((resolve) => setTimeout(resolve, 400))
    const third = await get(url)
    expect(third.status).toBe(200)
    expect(third.headers.get('x-ratelimit-remaining-short')).toBe('1')
    expect(third.headers.get('x-ratelimit-remaining-long')).toBe('0')
    const denied = await get(url)
    expect(denied.status).toBe(429)
    expect(Number(denied.headers.get('retry-after-long'))).toBeGreaterThan(50)
  })

  test('requests at once: exactly the limit pass', async () => {
    const url = await start(await open(), [{ limit: 20, ttl: 60_000 }])
    const answers = await atOnce([url], 100)
    expect([countOf(answers, 200), countOf(answers, 429)]).toEqual([20, 80])
  })

  test('hostile keys are counted like any key', async () => {
    const url = await start(await open(), [{ limit: 1, ttl: 60_000 }])
    for (let i = 0; i < hostile.length; i++) expect(await statuses(`${url}?i=${i}`, 2)).toEqual([200, 429])
  })
})

test('two instances of an app at one Redis admit exactly the limit between them', async () => {
  const urls = await Promise.all(
    (await instances(2)).map((store) => start(store, [{ limit: 50, ttl: 60_000 }])),
  )
  expect(countOf(await atOnce(urls, 200), 200)).toBe(50)
})

test('a store that is away is an error of the request', async () => {
  expect((await get(await start(away))).status).toBe(500)
})
