import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { eventually, type Open, serve, settled, tile, visit } from '../support.ts'

const lost = (page: Page) => page.locator('.banner', { hasText: 'The service does not answer.' })

export function outage(open: Open): void {
  test('a page that follows says so, keeps what it showed, and goes on when the service is back', async () => {
    const first = await serve()
    await first.consume('acme', 4)
    const page = await open(first)
    await settled(page)
    expect(await tile(page, 'Decisions')).toBe('4')
    await first.stop()
    await lost(page).waitFor()
    expect(await tile(page, 'Decisions')).toBe('4')

    const second = await serve({ port: first.port })
    await second.consume('acme', 2)
    await lost(page).waitFor({ state: 'detached' })
    await expect.poll(() => tile(page, 'Decisions'), eventually).toBe('2')
  })

  test('a page that does not follow is loaded anew once the service is back', async () => {
    const first = await serve()
    const page = await open(first, { at: 'plans' })
    await first.stop()
    await visit(page, 'changes')
    await lost(page).waitFor()
    const second = await serve({ port: first.port })
    await second.ask('POST', 'subjects/acme/reset')
    await lost(page).waitFor({ state: 'detached' })
    await page.locator('.sentence').first().waitFor()
  })

  test('a form keeps what was typed while the service is away', async () => {
    const first = await serve()
    const page = await open(first, { at: 'plans/free' })
    await first.stop()
    await page.getByLabel('Daily').fill('77')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('Not saved').waitFor()
    const second = await serve({ port: first.port })
    await lost(page).waitFor({ state: 'detached' })
    expect(await page.getByLabel('Daily').inputValue()).toBe('77')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByRole('heading', { name: 'Plans' }).waitFor()
    expect((await second.ask('GET', 'plans')).json.plans.free.daily).toBe(77)
  })

  test('who reloads while it is away is asked to wait, and let in when it is back', async () => {
    const first = await serve()
    const page = await open(first)
    await settled(page)
    // The files come from the browser’s own cache, as those of a service worker or a proxy would.
    await page.route('**/v1/**', (route) => route.abort())
    await page.route('**/healthz', (route) => route.abort())
    await page.reload()
    await page.getByText('It is asked again and again').waitFor()
    await page.unrouteAll()
    await page.getByRole('heading', { name: 'Traffic' }).waitFor()
  })
}
