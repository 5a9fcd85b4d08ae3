import { type Limiter, type Limits, leakyBucket, tokenBucket } from '@headgate/core'
import { memoryStore } from '@headgate/memory'
import {
  type PlatformRequest,
  RATE_LIMITER,
  RateLimit,
  RateLimitDecision,
  RateLimitGuard,
  RateLimitModule,
  type RateLimitOptions,
} from '@headgate/nest'
import {
  Controller,
  Delete,
  Get,
  Inject,
  Injectable,
  Module,
  Param,
  Req,
  Res,
  UseGuards,
} from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { describe, expect, test } from 'vitest'
import { PLATFORMS, start, statuses } from './start.ts'

// Not windows, which might end in the middle of a test.
const hourly = (limit: number) => ({ rate: tokenBucket({ capacity: limit, refill: limit, per: '1h' }) })

@Controller()
class Hello {
  @Get('hello')
  hello() {
    return 'hello'
  }

  @Get('again')
  again(@RateLimitDecision() decision: { remaining: number } | undefined, @Req() request: PlatformRequest) {
    return { told: decision?.remaining, same: decision === request.rateLimit }
  }

  @Get('status/:status')
  status(
    @Param('status') status: string,
    @Res({ passthrough: true }) response: { status(code: number): void },
  ) {
    response.status(Number(status))
  }
}

@Injectable()
class Config {
  readonly limit = 1
}

@Module({ providers: [Config], exports: [Config] })
class ConfigModule {}

describe.each(PLATFORMS)('the module on %s', (_, Adapter) => {
  test('guards all routes, as the other frameworks’ packages do', async () => {
    const limits = hourly(1)
    const running = await start(Adapter, {
      imports: [RateLimitModule.forRoot({ store: memoryStore(), limits })],
      controllers: [Hello],
    })
    const first = await running.ask('/hello')
    expect([first.status, first.body, first.headers.get('ratelimit')]).toEqual([
      200,
      'hello',
      '"rate";r=0;t=3600',
    ])
    const denied = await running.ask('/again')
    expect([denied.status, denied.body, denied.headers.get('content-type')]).toEqual([
      429,
      '{"type":"https://iana.org/assignments/http-problem-types#quota-exceeded","title":"Quota Exceeded","status":429,"violated-policies":["rate"]}',
      'application/problem+json',
    ])
    expect(denied.headers.get('retry-after')).toBe('3600')
  })

  test('hands the decision to handlers, by parameter and on the request', async () => {
    const running = await start(Adapter, {
      imports: [
        RateLimitModule.forRoot({
          store: memoryStore(),
          limits: hourly(2),
          skip: (request) => request.headers['x-skip'] === 'yes',
        }),
      ],
      controllers: [Hello],
    })
    expect((await running.ask('/again')).body).toBe('{"told":1,"same":true}')
    expect((await running.ask('/again', { headers: { 'x-skip': 'yes' } })).body).toBe('{"same":true}')
  })

  test('is made by a factory of what is injected', async () => {
    const asynchronous = RateLimitModule.forRootAsync({
      imports: [ConfigModule],
      inject: [Config],
      useFactory: async ({ limit }: Config) => ({
        store: memoryStore(),
        limits: hourly(limit),
      }),
    })
    const running = await start(Adapter, { imports: [asynchronous], controllers: [Hello] })
    expect(await statuses(running, '/hello', '/hello')).toEqual([200, 429])
  })

  test('guards with `global: false` only where it is named, in any module', async () => {
    @Controller('guarded')
    @UseGuards(RateLimitGuard)
    class Guarded {
      @Get()
      get() {}
    }
    @Module({ controllers: [Guarded] })
    class GuardedModule {}
    const options = { store: memoryStore(), limits: hourly(1) }
    for (const module of [
      RateLimitModule.forRoot({ ...options, global: false }),
      RateLimitModule.forRootAsync({ global: false, useFactory: () => ({ ...options, name: 'other' }) }),
    ]) {
      const running = await start(Adapter, { imports: [module, GuardedModule], controllers: [Hello] })
      expect(await statuses(running, '/hello', '/hello', '/guarded', '/guarded', '/hello')).toEqual([
        200, 200, 200, 429, 200,
      ])
    }
  })

  test('gives what is injected the limiter, and the key of a request', async () => {
    @Controller()
    class Own {
      readonly limiter: Limiter<Limits>
      readonly rateLimit: RateLimitGuard

      constructor(@Inject(RATE_LIMITER) limiter: Limiter<Limits>, rateLimit: RateLimitGuard) {
        this.limiter = limiter
        this.rateLimit = rateLimit
      }

      @Get('spend')
      spend() {}

      @Delete('reset')
      @RateLimit({ skip: () => true })
      async reset(@Req() request: PlatformRequest) {
        const key = await this.rateLimit.guard.keyOf(request)
        await this.limiter.reset(key)
        return key
      }
    }
    const limits = hourly(1)
    const running = await start(Adapter, {
      imports: [RateLimitModule.forRoot({ store: memoryStore(), limits })],
      controllers: [Own],
    })
    expect(await statuses(running, '/spend', '/spend')).toEqual([200, 429])
    expect(await running.ask('/reset', { method: 'DELETE' })).toMatchObject({
      status: 200,
      body: '127.0.0.1',
    })
    expect(await statuses(running, '/spend', '/spend')).toEqual([200, 429])
  })

  test('settles when the response is through', async () => {
    let through = (): void => {}
    const running = await start(Adapter, {
      imports: [
        RateLimitModule.forRoot({
          store: memoryStore(),
          limits: hourly(1),
          settle: ({ status }) => {
            setTimeout(() => through(), 20)
            return status === 401 ? 1 : 0
          },
        }),
      ],
      controllers: [Hello],
    })
    for (const status of [200, 204, 401]) {
      const settled = new Promise<void>((resolve) => {
        through = resolve
      })
      expect((await running.ask(`/status/${status}`)).status).toBe(status)
      await settled
    }
    expect((await running.ask('/status/200')).status).toBe(429)
  })

  test('makes requests wait for their turn, and forgets those who leave', async () => {
    const limits = { out: leakyBucket({ rate: 1, per: '1h', queue: 1 }) }
    const running = await start(Adapter, {
      imports: [RateLimitModule.forRoot({ store: memoryStore(), limits, delay: true })],
      controllers: [Hello],
    })
    const left = async () =>
      (await running.app.get<Limiter<Limits>>(RATE_LIMITER).peek('127.0.0.1')).remaining
    await running.ask('/hello')
    const gone = new AbortController()
    const waits = running.ask('/hello', { signal: gone.signal }).catch(() => 'gone')
    await expect.poll(left).toBe(0)
    expect((await running.ask('/hello')).status).toBe(429)
    gone.abort()
    expect(await waits).toBe('gone')
    await expect.poll(left).toBe(1)
  })

  test('refuses options that can’t be meant when the application is made', async () => {
    const options = { store: memoryStore(), limits: hourly(2), cost: 1.5 } as RateLimitOptions
    await expect(start(Adapter, { imports: [RateLimitModule.forRoot(options)] })).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      option: 'cost',
    })
  })

  test('warns by Nest’s logger', async () => {
    const warnings: unknown[][] = []
    const quiet = () => {}
    const running = await start(
      Adapter,
      {
        imports: [RateLimitModule.forRoot({ store: memoryStore(), limits: hourly(2) })],
        controllers: [Hello],
      },
      (app) =>
        app.useLogger({ log: quiet, error: quiet, warn: (...told: unknown[]) => void warnings.push(told) }),
    )
    await running.ask('/hello', { headers: { 'x-forwarded-for': '192.0.2.1' } })
    expect(warnings).toContainEqual([expect.stringContaining('declare `proxies`'), 'RateLimitModule'])
  })

  test('says when it guards a route twice', async () => {
    @Controller('twice')
    @UseGuards(RateLimitGuard)
    class Twice {
      @Get()
      get() {}
    }
    const running = await start(Adapter, {
      imports: [RateLimitModule.forRoot({ store: memoryStore(), limits: hourly(2) })],
      controllers: [Twice],
    })
    expect((await running.ask('/twice')).status).toBe(500)
  })
})

test('needs no HTTP', async () => {
  const module = RateLimitModule.forRoot({ store: memoryStore(), limits: hourly(2) })
  const context = await NestFactory.createApplicationContext(module, { logger: false, abortOnError: false })
  const limiter = context.get<Limiter<Limits>>(RATE_LIMITER)
  expect(await limiter.peek('user')).toMatchObject({ remaining: 2 })
  await context.close()
})

test('knows the names of the limits, and what the callbacks are handed', () => {
  type ExpressLike = { readonly headers: Record<string, string>; readonly user: { readonly id: string } }
  const store = memoryStore()
  const limits = hourly(2)
  RateLimitModule.forRoot({ store, limits, key: (request: ExpressLike) => request.user.id, shadow: ['rate'] })
  RateLimitModule.forRoot({ store, limits, key: (request) => request.ip ?? '' })
  // @ts-expect-error there is no such limit
  expect(() => RateLimitModule.forRoot({ store, limits, shadow: ['rte'] })).not.toThrow()
  // @ts-expect-error not every platform's request has it
  RateLimitModule.forRoot({ store, limits, key: (request) => request.user.id })
  RateLimit<ExpressLike>({ key: ({ user }) => user.id })
})
