import { HeadgateError, type Store } from '@headgate/core'
import { memoryStore } from '@headgate/memory'
import { expect, test } from 'vitest'
import { cellsOf, eventually, type Open, serve, settled, textOf, tile } from '../support.ts'

export function traffic(open: Open): void {
  test('shows what was decided, by plan and by whom, as the API tells it', async () => {
    const service = await serve()
    await service.ask('PUT', 'subjects/acme', { plan: 'pro' })
    await service.consume('acme', 7)
    await service.consume('somebody', 8) // 5 an hour
    const page = await open(service)
    await settled(page)

    const { seconds, plans, denied, store, instance } = (await service.ask('GET', 'live')).json
    const sum = (of: string) =>
      seconds.reduce((sum: number, second: Record<string, number>) => sum + second[of]!, 0)
    expect([sum('allowed'), sum('denied')]).toEqual([12, 3])
    expect(await tile(page, 'Decisions')).toBe('15')
    expect(await tile(page, 'Allowed')).toBe('12')
    expect(await tile(page, 'Denied')).toBe('3')
    expect(await tile(page, 'Degraded')).toBe('0')
    expect(await tile(page, 'Store')).toBe(store.name)
    expect(await textOf(page, '.footnote')).toContain(instance)

    expect(plans).toHaveLength(2)
    expect(await cellsOf(page, '[aria-labelledby="by-plan"] table')).toEqual([
      ['free', '5', '3', '37.5%'],
      ['pro', '7', '0', '0%'],
    ])
    expect(denied).toHaveLength(1)
    expect(await cellsOf(page, '[aria-labelledby="most-denied"] table')).toEqual([['somebody', 'free', '3']])
    await page.getByRole('link', { name: 'somebody' }).click()
    await page.getByRole('heading', { name: 'somebody', level: 1 }).waitFor()
  })

  test('follows what happens, and the chart says it in words too', async () => {
    const service = await serve()
    const page = await open(service)
    await settled(page)
    await page.getByText('Nobody has asked yet').waitFor()
    await page.getByText('Nobody was denied').waitFor()
    expect(await tile(page, 'Decisions')).toBe('0')
    await service.consume('acme', 4)
    await expect.poll(() => tile(page, 'Decisions'), eventually).toBe('4')
    await expect
      .poll(() => page.getByRole('img', { name: /per second/ }).getAttribute('aria-label'), eventually)
      .toMatch(/last 119 seconds: on average 0 allowed, 0 denied/)
    expect(await page.locator('.plot canvas').count()).toBe(1)

    await page.getByLabel('Last', { exact: true }).selectOption('900')
    await expect
      .poll(() => page.getByRole('img', { name: /per second/ }).getAttribute('aria-label'), eventually)
      .toMatch(/last 899 seconds/)
  })

  test('asks for nothing while nobody looks', async () => {
    const page = await open(await serve())
    await settled(page)
    const hide = (hidden: boolean) =>
      page.evaluate((hidden) => {
        Object.defineProperty(document, 'hidden', { configurable: true, value: hidden })
        document.dispatchEvent(new Event('visibilitychange'))
      }, hidden)
    let asked = 0
    page.on('request', (request) => {
      if (request.url().includes('/v1/live')) asked++
    })
    // The next one is planned by now.
    await page.waitForResponse((response) => response.url().includes('/v1/live'))
    await page.waitForTimeout(300)
    asked = 0
    await hide(true)
    await page.waitForTimeout(3_000)
    expect(asked).toBe(0)
    await hide(false)
    await expect.poll(() => asked, eventually).toBeGreaterThan(1)

    // One that is under way is not followed by another.
    let hold = () => {}
    const held = new Promise<void>((resolve) => {
      hold = resolve
    })
    await page.route('**/v1/live*', async (route) => {
      await held
      await route.continue()
    })
    await page.waitForRequest((request) => request.url().includes('/v1/live'))
    await hide(true)
    hold()
    await page.waitForResponse((response) => response.url().includes('/v1/live'))
    await page.unrouteAll({ behavior: 'wait' })
    asked = 0
    await page.waitForTimeout(3_000)
    expect(asked).toBe(0)
    await hide(false)
    await expect.poll(() => asked, eventually).toBeGreaterThan(1)
  })

  test('says that the store is away, that decisions are made without it, and that it is back', async () => {
    const { store, cut } = breakable()
    const service = await serve({ store })
    const page = await open(service)
    await settled(page)
    expect(await page.locator('.banner').count()).toBe(0)
    cut(true)
    await service.consume('acme', 3)
    await page.locator('.banner', { hasText: 'without' }).waitFor()
    await expect.poll(() => tile(page, 'Degraded'), eventually).toBe('3')
    // Enough failures in a row, and it is no longer asked each time.
    await service.consume('acme', 40)
    await page.getByText('The store “memory” does not answer').waitFor()
    expect((await service.ask('GET', 'live')).json.store.state).not.toBe('closed')
    expect(await textOf(page, '.tile:has(dt:text-is("Store"))')).toMatch(/away|tried/)

    await page.evaluate(() => {
      location.hash = '#/customers/acme'
    })
    await page.getByText('These figures were made without it').waitFor()
    await page.goBack()

    cut(false)
    await expect
      .poll(async () => {
        await service.consume('acme')
        return page.locator('.banner-bad').count()
      }, eventually)
      .toBe(0)
  })
}

/** A store that can be cut off, as by a network. */
function breakable(): { readonly store: Store; cut(isCut: boolean): void } {
  const inner = memoryStore()
  let isCut = false
  const unlessCut = <T>(run: () => Promise<T>): Promise<T> =>
    isCut
      ? Promise.reject(
          new HeadgateError({
            code: 'STORE_UNAVAILABLE',
            message: 'The store is cut off',
            fix: 'Connect it',
          }),
        )
      : run()
  return {
    store: {
      name: 'memory',
      decide: (checks, now) => unlessCut(() => inner.decide(checks, now)),
      adjust: (adjustments, now) => unlessCut(() => inner.adjust(adjustments, now)),
      delete: (keys) => unlessCut(() => inner.delete(keys)),
      close: () => inner.close(),
    },
    cut(value) {
      isCut = value
    },
  }
}
