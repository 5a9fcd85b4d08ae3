import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import type { AxeResults } from 'axe-core'
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { eventually, type Open, type Running, serve, settled, TOKENS, visit } from '../support.ts'

const LONG = 'P'.padEnd(64, 'w')

const PAGES = [
  '',
  'customers',
  'customers/acme',
  'plans',
  'plans/huge',
  `plans/${LONG}`,
  'customers/somebody',
  'plans/+new',
  'usage?group=subject,meter,plan&range=custom&first=2026-01-01&last=2026-01-31',
  'usage?group=subject,meter,plan',
  'changes',
  'nowhere',
]

/** By how much the page is wider than its window. */
export function sideways(page: Page): Promise<number> {
  return page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement
    return scrollWidth - clientWidth
  })
}

/** A service with something on each page. */
async function lived(): Promise<Running> {
  const service = await serve()
  await service.ask('PUT', 'subjects/acme', { plan: 'huge', daily: 3, until: '2999-01-01T00:00:00Z' })
  const limits = Object.fromEntries(
    ['exports', 'a-limit-of-its-own-with-a-long-name'].map((name) => [
      name,
      { algorithm: 'leaky-bucket', rate: 5, per: '1s', queue: 9 },
    ]),
  )
  // Names and figures as long as they may be.
  await service.ask('PUT', `plans/${LONG}`, {
    extends: 'free',
    monthly: 999_999_999_999_999,
    timeZone: 'America/Argentina/Buenos_Aires',
    limits,
  })
  await service.ask('PUT', 'subjects/somebody', { plan: LONG })
  await service.consume('acme', 5)
  await service.consume('somebody', 7)
  return service
}

/** What axe finds that keeps people out. */
async function violations(page: Page): Promise<string[]> {
  const source = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
  // As the debugger does, since the page's policy lets no script of another in.
  const { violations } = (await page.evaluate(`${source};axe.run()`)) as AxeResults
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)
}

export function everyone(open: Open): void {
  test.each(['light', 'dark'] as const)('axe finds nothing serious, in the %s', async (colorScheme) => {
    const service = await lived()
    const page = await open(service, { context: { colorScheme } })
    const dark = await page.evaluate(() => getComputedStyle(document.body).backgroundColor)
    expect(dark).toBe(colorScheme === 'dark' ? 'rgb(16, 19, 22)' : 'rgb(246, 247, 248)')
    for (const at of PAGES) {
      await visit(page, at)
      expect(await violations(page), at).toEqual([])
    }
    for (const [at, button] of [
      ['customers/acme', 'Change plan'],
      ['customers/acme', 'Reset'],
      ['plans', 'Delete huge'],
    ] as const) {
      await visit(page, at)
      await page.getByRole('button', { name: button }).click()
      await page.getByRole('dialog').getByRole('button').last().waitFor()
      expect(await violations(page), button).toEqual([])
      await page.keyboard.press('Escape')
    }
    await visit(page, 'plans/free')
    await page.getByLabel('Daily').fill('x')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.locator('.field-error').waitFor()
    expect(await violations(page), 'with an error').toEqual([])
    await page.getByRole('button', { name: 'Log out' }).click()
    await page.getByLabel('Token').waitFor()
    expect(await violations(page), 'log-in').toEqual([])
  })

  test.each([380, 800, 1_101])('%d pixels are wide enough', async (width) => {
    const page = await open(await lived(), { context: { viewport: { width, height: 700 } } })
    const wide: string[] = []
    for (const at of PAGES) {
      await visit(page, at)
      if ((await sideways(page)) > 0) wide.push(at)
    }
    expect(wide).toEqual([])
    await visit(page, 'customers/acme')
    await page.getByRole('button', { name: 'Change plan' }).click()
    await page.getByRole('dialog').getByLabel('Monthly').waitFor()
    const box = await page.getByRole('dialog').boundingBox()
    expect(box?.x).toBeGreaterThanOrEqual(0)
    expect((box?.x ?? 0) + (box?.width ?? 0)).toBeLessThanOrEqual(width)
  })

  test('by the keyboard alone one logs in, finds a customer and changes its plan', async () => {
    const service = await lived()
    const page = await open(service, { token: null })
    const focused = () =>
      page.evaluate(() => {
        const { activeElement: at } = document
        return at?.getAttribute('name') ?? at?.textContent?.trim() ?? ''
      })
    const tabTo = async (what: string) => {
      for (let i = 0; i < 60 && (await focused()) !== what; i++) await page.keyboard.press('Tab')
      expect(await focused()).toBe(what)
    }
    await tabTo('token')
    await page.keyboard.type(TOKENS.manage)
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Traffic' }).waitFor()
    await tabTo('Customers')
    await page.keyboard.press('Enter')
    // The heading has the focus, so that one hears where one is.
    await expect.poll(() => page.evaluate(() => document.activeElement?.tagName), eventually).toBe('H1')
    expect(await focused()).toBe('Customers')
    await settled(page)
    await tabTo('prefix')
    await page.keyboard.type('somebody')
    await tabTo('Open this id')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'somebody', level: 1 }).waitFor()
    await settled(page)
    await tabTo('Change plan')
    await page.keyboard.press('Space')
    await page.getByRole('dialog').getByLabel('Plan').waitFor()
    await tabTo('plan')
    await page.keyboard.type('pro')
    await tabTo('daily')
    await page.keyboard.type('12')
    await page.keyboard.press('Enter')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    expect((await service.ask('GET', 'subjects/somebody')).json.assignment).toEqual({
      plan: 'pro',
      daily: 12,
    })
    // And back where one was before.
    expect(await focused()).toBe('Change plan')
    await page.keyboard.press('Enter')
    await page.getByRole('dialog').waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
  })

  test('it also opens where the browser’s language is none, as under LANG=C', async () => {
    const page = await open(await lived(), { language: 'en-US@posix' })
    await settled(page)
    expect(await page.locator('.plot canvas').count()).toBe(1)
  })

  test('what follows its data does not move', async () => {
    const service = await lived()
    const page = await open(service)
    await settled(page)
    const places = () =>
      page.evaluate(() =>
        [...document.querySelectorAll('main > *, .tile, .plot')].map((element) => {
          const { x, y, width } = element.getBoundingClientRect()
          return [x, y, width].map(Math.round)
        }),
      )
    const before = await places()
    for (let i = 0; i < 3; i++) {
      await service.consume('acme', 3)
      await page.waitForResponse((response) => response.url().includes('/v1/live'))
    }
    expect(await places()).toEqual(before)
  })

  test('where the browser forces its own colours, those that mean something stay', async () => {
    const page = await open(await lived(), { context: { forcedColors: 'active' } })
    await settled(page)
    const seen = async (selector: string) =>
      (await page.locator(selector).first().screenshot()).toString('hex')
    expect(await seen('.swatch-allowed')).not.toBe(await seen('.swatch-denied'))
    expect(await seen('.share')).not.toBe(await seen('.share >> nth=-1'))
    await visit(page, 'customers/somebody')
    await page.locator('.bar-out').waitFor()
    expect(await seen('.bar-out')).not.toBe(await seen('.bar-fine'))
  })

  test('what is announced has its place before, or it would not be', async () => {
    const page = await open(await lived())
    await settled(page)
    const regions = await page
      .locator('[aria-live], .notice')
      .evaluateAll((all) =>
        all.map((region) => [region.textContent, getComputedStyle(region).display !== 'none']),
      )
    expect(regions).toEqual([
      ['', true],
      ['', true],
      ['', true],
    ])
  })
}
