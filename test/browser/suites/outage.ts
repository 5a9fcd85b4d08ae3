import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { eventually, html, type Open, proxied, serve, settled, textOf, tile, visit } from '../support.ts'

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

  test('what a proxy answers with in its place is never taken for the service’s word', async () => {
    const service = await serve()
    const proxy = await proxied(service)
    const page = await open(proxy, { at: 'plans/free' })
    proxy.before = ({ method }) => (method === 'PUT' ? html(200) : undefined)
    await page.getByLabel('Daily').fill('77')
    await page.getByRole('button', { name: 'Save' }).click()
    await expect
      .poll(() => page.getByRole('alert').allTextContents(), eventually)
      .toEqual([expect.stringMatching(/Not saved.*Something else answered/)])
    expect(await page.getByLabel('Daily').inputValue()).toBe('77')

    // Nor is its own log-in page a file for the accountants, nor its refusal one of the token.
    await visit(page, 'usage')
    proxy.before = ({ url }) => (url?.includes('usage.csv') ? html(200) : undefined)
    await page.getByRole('button', { name: 'Download CSV' }).click()
    await page.getByText('No CSV.').waitFor()
    proxy.before = ({ url }) => (url?.includes('/v1/') ? html(401) : undefined)
    await page.getByRole('button', { name: 'Look again' }).click()
    await page.getByText('HTTP_401').waitFor()
    const note = page.locator('.note-bad').first()
    expect(await note.evaluate((note) => getComputedStyle(note).backgroundColor)).toBe('rgb(253, 236, 234)')
    expect(await page.evaluate(() => sessionStorage.length)).toBe(1)
  })

  test.each([502, 503, 504])('a proxy that says %d says that the service is away', async (status) => {
    const service = await serve()
    const proxy = await proxied(service)
    const page = await open(proxy, { at: 'changes' })
    proxy.before = () => html(status)
    await page.getByRole('button', { name: 'Look again' }).click()
    await lost(page).waitFor()
    await service.ask('POST', 'subjects/acme/reset')
    proxy.before = () => undefined
    await lost(page).waitFor({ state: 'detached' })
    await page.getByText('reset what acme has used').waitFor()
  })

  test.each([429, 500, 503])(
    'who reloads where %d is answered is let in once that is over',
    async (status) => {
      const service = await serve()
      const proxy = await proxied(service)
      const page = await open(proxy)
      await settled(page)
      proxy.before = ({ url }) =>
        url?.includes('whoami')
          ? { status, type: 'application/problem+json', body: '{"code":"BUSY","title":"Too much to do"}' }
          : undefined
      await page.reload()
      await page.getByText('It is asked again and again').waitFor()
      expect(await textOf(page, '.note')).toMatch(/Too much to do/)
      proxy.before = () => undefined
      await page.getByRole('heading', { name: 'Traffic' }).waitFor()
    },
  )

  test('a plan that is saved slowly takes nobody back from where they have gone meanwhile', async () => {
    const service = await serve()
    const proxy = await proxied(service)
    const page = await open(proxy, { at: 'plans/free' })
    let release = () => {}
    const held = new Promise<undefined>((resolve) => {
      release = () => resolve(undefined)
    })
    proxy.before = ({ method }) => (method === 'PUT' ? held : undefined)
    await page.getByLabel('Daily').fill('77')
    await page.getByRole('button', { name: 'Save' }).dblclick()
    await visit(page, 'customers')
    release()
    await page.getByText('The plan free was saved').waitFor()
    await page.getByRole('heading', { name: 'Customers' }).waitFor()
    expect(page.url()).toContain('#/customers')
    const { changes } = (await service.ask('GET', 'changes')).json
    expect(changes.map(({ change }: { change: { type: string } }) => change.type)).toEqual([
      'plan.set',
      'plans.replaced',
    ])
  })

  test('what was asked for and can’t be had is not shown as what was there before', async () => {
    const service = await serve()
    await service.consume('acme', 3)
    await service.ask('PUT', 'subjects/acme', { plan: 'pro' })
    const proxy = await proxied(service)
    const page = await open(proxy, { at: 'usage?group=subject' })
    await page.getByRole('link', { name: 'acme' }).waitFor()
    proxy.before = ({ url }) =>
      url?.includes('subject=') || url?.includes('prefix=')
        ? { status: 500, type: 'application/problem+json', body: '{"code":"BROKEN","title":"It broke"}' }
        : undefined
    await page.getByLabel('Customer', { exact: true }).fill('other')
    await page.getByText('It broke').waitFor()
    expect(await page.locator('table, .plot').count()).toBe(0)
    await visit(page, 'customers')
    await page.getByRole('link', { name: 'acme' }).waitFor()
    await page.getByLabel('Id begins with').fill('z')
    await page.getByText('It broke').waitFor()
    expect(await page.locator('table').count()).toBe(0)
    // What is asked for anew and was there stays.
    await visit(page, 'usage?group=subject')
    await page.getByRole('link', { name: 'acme' }).waitFor()
    proxy.before = ({ url }) => (url?.includes('/v1/') ? html(500) : undefined)
    await page.getByRole('button', { name: 'Look again' }).click()
    await page.getByText('Could not load usage').waitFor()
    expect(await page.getByRole('link', { name: 'acme' }).count()).toBe(1)
  })

  test('what fails after its dialog was closed is told all the same', async () => {
    const service = await serve()
    await service.ask('PUT', 'subjects/acme', { plan: 'pro' })
    const proxy = await proxied(service)
    const page = await open(proxy, { at: 'customers/acme' })
    for (const [button, action] of [
      ['Reset', 'Reset'],
      ['Change plan', 'Save'],
    ] as const) {
      let release = () => {}
      proxy.before = ({ method }) =>
        method === 'GET'
          ? undefined
          : new Promise((resolve) => {
              const body = JSON.stringify({ code: 'BROKEN', title: `${action} broke` })
              release = () => resolve({ status: 500, type: 'application/problem+json', body })
            })
      await page.getByRole('button', { name: button }).click()
      const asked = page.waitForRequest((request) => request.method() !== 'GET')
      await page.getByRole('dialog').getByRole('button', { name: action }).click()
      await asked
      await page.keyboard.press('Escape')
      await page.getByRole('dialog').waitFor({ state: 'detached' })
      await expect
        .poll(() => {
          release()
          return page.locator('.notice').innerText()
        }, eventually)
        .toMatch(new RegExp(`${action} broke`))
    }
  })
}
