import { HeadgateError, tokenBucket } from '@headgate/core'
import { memoryStore } from '@headgate/memory'
import { RateLimitedException, RateLimitFilter, RateLimitModule, type RateLimitOptions } from '@headgate/nest'
import {
  type ArgumentsHost,
  Catch,
  Controller,
  type ExceptionFilter,
  Get,
  HttpException,
  UseFilters,
} from '@nestjs/common'
import { APP_FILTER, BaseExceptionFilter, ExternalContextCreator } from '@nestjs/core'
import { describe, expect, test } from 'vitest'
import { PLATFORMS, start } from './start.ts'

const PROBLEM = 'application/problem+json'

/** Sends an answer of one's own, on either platform. */
function send(host: ArgumentsHost, status: number, body: string): void {
  host
    .switchToHttp()
    .getResponse<{ status(code: number): { send(body: string): void } }>()
    .status(status)
    .send(body)
}

@Controller()
class Hello {
  @Get()
  hello() {
    return 'hello'
  }
}

describe.each(PLATFORMS)('exceptions on %s', (_, Adapter) => {
  const module = (options: Partial<RateLimitOptions> = {}) =>
    RateLimitModule.forRoot({
      store: memoryStore(),
      limits: { rate: tokenBucket({ capacity: 1, refill: 1, per: '1h' }) },
      ...options,
    } as RateLimitOptions)

  test('a global filter answers a denial its own way; the fields are set', async () => {
    const caught: unknown[] = []
    @Catch(HttpException)
    class Envelope implements ExceptionFilter {
      catch(exception: HttpException, host: ArgumentsHost) {
        caught.push(exception)
        send(host, exception.getStatus(), `sorry: ${exception.message}`)
      }
    }
    const ways = [
      () =>
        start(Adapter, { imports: [module()], controllers: [Hello] }, (app) =>
          app.useGlobalFilters(new Envelope()),
        ),
      () =>
        start(Adapter, {
          imports: [module()],
          controllers: [Hello],
          providers: [{ provide: APP_FILTER, useClass: Envelope }],
        }),
    ]
    for (const way of ways) {
      const running = await way()
      await running.ask('/')
      const denied = await running.ask('/')
      expect([denied.status, denied.body]).toEqual([429, 'sorry: Too Many Requests'])
      expect(Object.fromEntries(denied.headers)).toMatchObject({
        'retry-after': '3600',
        'cache-control': 'no-store',
        ratelimit: '"rate";r=0;t=3600',
      })
      expect(denied.headers.get('content-type')).not.toContain('problem')
      expect(caught.pop()).toMatchObject({ decision: { allowed: false, binding: 'rate' } })
    }
  })

  test('a filter of a handler comes first, and may leave the answer to the module’s', async () => {
    @Catch()
    class Everything extends RateLimitFilter {
      override catch(exception: Error | RateLimitedException, host: ArgumentsHost) {
        if (exception instanceof RateLimitedException) super.catch(exception, host)
        else send(host, 418, 'other')
      }
    }
    @Controller()
    class Filtered {
      @Get()
      @UseFilters(Everything)
      get() {
        throw new Error('of the handler')
      }
    }
    const running = await start(Adapter, { imports: [module()], controllers: [Filtered] })
    expect(await running.ask('/')).toMatchObject({ status: 418, body: 'other' })
    const denied = await running.ask('/')
    expect([denied.status, denied.headers.get('content-type')]).toEqual([429, PROBLEM])
  })

  test('Nest’s own filter, where one is put before the module’s, answers in Nest’s words', async () => {
    @Catch()
    class Logging extends BaseExceptionFilter {}
    const running = await start(
      Adapter,
      { imports: [module({ body: () => '<p>' })], controllers: [Hello] },
      (app) => app.useGlobalFilters(new Logging(app.getHttpAdapter())),
    )
    await running.ask('/')
    const denied = await running.ask('/')
    expect(JSON.parse(denied.body)).toEqual({ statusCode: 429, message: 'Too Many Requests' })
    expect(denied.headers.get('content-type')).toMatch(/^application\/json/)
  })

  test('what the store fails with is an exception like any other', async () => {
    @Catch(HeadgateError)
    class Failures implements ExceptionFilter {
      catch({ code }: HeadgateError, host: ArgumentsHost) {
        send(host, 503, code)
      }
    }
    const store = memoryStore()
    await store.close()
    const asynchronous = module({ key: async () => 'all', store })
    for (const imports of [[module({ store })], [asynchronous]]) {
      const bare = await start(Adapter, { imports, controllers: [Hello] })
      expect((await bare.ask('/')).status).toBe(500)
      const running = await start(Adapter, { imports, controllers: [Hello] }, (app) =>
        app.useGlobalFilters(new Failures()),
      )
      expect(await running.ask('/')).toMatchObject({ status: 503, body: 'STORE_CLOSED' })
    }
  })

  test('a client of the deny list is a RateLimitedException without a decision', async () => {
    const caught: unknown[] = []
    @Catch(RateLimitedException)
    class Watching extends RateLimitFilter {
      override catch(exception: RateLimitedException, host: ArgumentsHost) {
        caught.push(exception.decision)
        super.catch(exception, host)
      }
    }
    const running = await start(
      Adapter,
      { imports: [module({ denyList: ['127.0.0.0/8', '::1'] })], controllers: [Hello] },
      (app) => app.useGlobalFilters(new Watching()),
    )
    expect(await running.ask('/')).toMatchObject({
      status: 403,
      body: '{"type":"about:blank","title":"Forbidden","status":403}',
    })
    expect(caught).toEqual([undefined])
  })

  test('what isn’t HTTP passes untouched', async () => {
    const { app } = await start(Adapter, { imports: [module()], controllers: [Hello] })
    const resolver = new Hello()
    // The way by which Nest's GraphQL module calls a resolver, guards and all.
    const call = app
      .get(ExternalContextCreator)
      .create(
        resolver,
        resolver.hello,
        'hello',
        undefined,
        undefined,
        undefined,
        undefined,
        undefined,
        'graphql',
      )
    expect([await call(), await call()]).toEqual(['hello', 'hello'])
  })
})
