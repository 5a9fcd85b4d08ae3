import { tokenBucket } from '@headgate/core'
import { memoryStore } from '@headgate/memory'
import {
  type PlatformRequest,
  RateLimit,
  RateLimitModule,
  type RateLimitOptions,
  SkipRateLimit,
} from '@headgate/nest'
import { Controller, Get, type Type } from '@nestjs/common'
import { describe, expect, test } from 'vitest'
import { PLATFORMS, start, statuses } from './start.ts'

// Not a window, which might end in the middle of a test.
const hourly = (limit: number) => tokenBucket({ capacity: limit, refill: limit, per: '1h' })
const limits = { burst: hourly(9), login: hourly(2), search: hourly(1) }

@Controller('named')
@RateLimit('burst')
class Named {
  @Get('login')
  @RateLimit('login', 'burst')
  logIn() {}

  @Get('other-login')
  @RateLimit({ limits: ['login'], cost: 2 })
  otherLogIn() {}

  @Get('burst')
  burst() {}

  @Get('all')
  @RateLimit()
  all() {}

  @Get('free')
  @SkipRateLimit()
  free() {}
}

@Controller('own')
@RateLimit({ limits: { own: hourly(2) } })
class Own {
  @Get('a')
  a() {}

  @Get('b')
  b() {}

  @Get('strict')
  @RateLimit({ limits: { own: hourly(1) } })
  strict() {}

  @Get('named')
  @RateLimit({ limits: { own: hourly(1) }, name: 'elsewhere' })
  named() {}

  @Get('picked')
  @RateLimit({ limits: async (request) => ({ own: hourly(request.headers['x-plan'] === 'paid' ? 2 : 1) }) })
  picked() {}
}

@Controller('free')
@SkipRateLimit()
class Free {
  @Get()
  free() {}

  @Get('search')
  @RateLimit('search')
  search() {}

  @Get('costly')
  @RateLimit({ cost: 5 })
  costly() {}
}

class Base {
  @Get()
  @RateLimit({ limits: { own: hourly(1) } })
  get() {}
}
@Controller('first')
class First extends Base {}
@Controller('second')
class Second extends Base {}

describe.each(PLATFORMS)('decorators on %s', (_, Adapter) => {
  const run = (options: Partial<RateLimitOptions<PlatformRequest>> = {}, ...controllers: Type[]) =>
    start(Adapter, {
      imports: [RateLimitModule.forRoot({ store: memoryStore(), limits, ...options } as RateLimitOptions)],
      controllers: controllers.length > 0 ? controllers : [Named, Own, Free, First, Second],
    })

  test('let only the named limits apply, which share their counts', async () => {
    const running = await run()
    const policy = async (path: string) => (await running.ask(path)).headers.get('ratelimit-policy')
    expect(await policy('/named/burst')).toBe('"burst";q=9;w=3600')
    expect(await policy('/named/login')).toBe('"burst";q=9;w=3600, "login";q=2;w=3600')
    expect(await policy('/named/all')).toBe('"burst";q=9;w=3600, "login";q=2;w=3600, "search";q=1;w=3600')
    // Both units of `login` are spent, by two routes.
    expect(await statuses(running, '/named/other-login', '/named/login', '/named/burst')).toEqual([
      429, 429, 200,
    ])
    expect((await running.ask('/named/burst')).headers.get('ratelimit')).toMatch(/^"burst";r=4;/)
  })

  test('leave routes without limits, and give a handler its limits again', async () => {
    const running = await run()
    expect((await running.ask('/named/free')).headers.get('ratelimit')).toBeNull()
    expect(await statuses(running, '/free', '/free', '/free/search', '/free/search', '/free')).toEqual([
      200, 200, 200, 429, 200,
    ])
    // Options without limits go over the module's, and count with them: `search` has one unit.
    expect((await running.ask('/free/costly')).status).toBe(429)
  })

  test('count a route’s own limits apart: for a controller together, for each of its handlers, by name', async () => {
    const store = memoryStore()
    const running = await run({ store })
    expect(await statuses(running, '/own/a', '/own/b', '/own/a')).toEqual([200, 200, 429])
    expect(await statuses(running, '/own/strict', '/own/strict')).toEqual([200, 429])
    expect(await statuses(running, '/own/named', '/own/named')).toEqual([200, 429])
    expect(await statuses(running, '/own/picked', '/own/picked')).toEqual([200, 429])
    expect((await running.ask('/own/picked', { headers: { 'x-plan': 'paid' } })).status).toBe(200)
    expect(await statuses(running, '/first', '/second', '/first', '/second')).toEqual([200, 200, 429, 429])
    // The same in another process: they go by the names.
    const other = await run({ store })
    expect(await statuses(other, '/own/a', '/own/strict', '/own/named', '/first', '/free/search')).toEqual([
      429, 429, 429, 429, 200,
    ])
  })

  test('leave out of the module’s options what speaks of other limits', async () => {
    const warnings: Error[] = []
    const running = await run({
      onWarning: (warning) => void warnings.push(warning),
      key: ({ headers }) => {
        const client = String(headers['x-client'])
        return { burst: client, login: client, search: 'all' }
      },
      cost: async () => ({ search: 1, login: 2 }),
      settle: () => ({ login: 1, search: 1 }),
      shadow: ['search'],
      capacity: ['login'],
      headers: { style: 'draft-11', units: { search: 'queries', login: 'log-ins' } },
    })
    const as = (client: string) => ({ headers: { 'x-client': client } })
    const first = await running.ask('/named/login', as('a'))
    expect(first.headers.get('ratelimit-policy')).toBe('"burst";q=9;w=3600, "login";q=2;qu="log-ins";w=3600')
    await new Promise((resolve) => setTimeout(resolve, 50))
    // One of two is left, and two are asked for.
    expect((await running.ask('/named/login', as('a'))).status).toBe(503)
    expect((await running.ask('/named/login', as('b'))).status).toBe(200)
    // What is only tried out stays so.
    await running.ask('/free/search', as('a'))
    expect((await running.ask('/free/search', as('a'))).status).toBe(200)
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(warnings).toEqual([])
    // Limits of a route's own aren't among those that the module's keys are for.
    expect((await running.ask('/own/a', as('a'))).status).toBe(500)
  })

  test('pick from every plan', async () => {
    const running = await run(
      {
        limits: undefined,
        plans: { free: limits, paid: { ...limits, login: hourly(4) } },
        plan: ({ headers }: PlatformRequest) => String(headers['x-plan'] ?? 'free'),
      } as never,
      Named,
      Own,
    )
    const paid = { headers: { 'x-plan': 'paid' } }
    expect((await running.ask('/named/login')).headers.get('ratelimit')).toMatch(/"login";r=1;/)
    expect((await running.ask('/named/login', paid)).headers.get('ratelimit')).toMatch(/"login";r=2;/)
    expect(await statuses(running, '/own/a', '/own/b', '/own/a')).toEqual([200, 200, 429])
  })

  test('that name no limit of the module are an error when the application starts', async () => {
    @Controller()
    class Typo {
      @Get()
      @RateLimit('burst', 'lgin')
      get() {}
    }
    const mistake = { code: 'UNKNOWN_LIMIT', value: 'lgin', message: expect.stringContaining('Typo.get') }
    await expect(run({}, Typo)).rejects.toMatchObject(mistake)
    await expect(run({}, Typo)).rejects.toThrow('Use burst, login, search')
    await expect(
      run({ limits: undefined, plans: { free: limits }, plan: () => 'free' } as never, Typo),
    ).rejects.toThrow('Use burst, login, search')
    await expect(run({ limits: () => limits } as never, Named)).rejects.toThrow('known beforehand')

    @Controller()
    @RateLimit('toString')
    class Hostile {
      @Get()
      get() {}
    }
    await expect(run({}, Hostile)).rejects.toMatchObject({ code: 'UNKNOWN_LIMIT', value: 'toString' })
  })

  test('that can’t be meant are an error that says where', async () => {
    @Controller()
    class Wrong {
      @Get()
      @RateLimit({ cost: 1.5 })
      get() {}
    }
    await expect(run({}, Wrong)).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      option: 'cost',
      message: expect.stringContaining('Wrong.get'),
    })
  })

  test('don’t make one count of two controllers of one name', async () => {
    const make = (path: string, options: object = {}) => {
      @Controller(path)
      class Users {
        @Get()
        @RateLimit({ limits: { own: hourly(1) }, ...options })
        get() {}
      }
      return Users
    }
    await expect(run({}, make('v1'), make('v2'))).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      option: 'name',
      value: 'default.Users.get',
    })
    const running = await run({}, make('v1'), make('v2', { name: 'v2' }))
    expect(await statuses(running, '/v1', '/v2', '/v1', '/v2')).toEqual([200, 200, 429, 429])
  })
})
