import { once } from 'node:events'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { eventually, type Open, serve, settled, TOKENS, textOf, tile } from '../support.ts'

const KEY = 'headgate.token'

export function logIn(open: Open): void {
  test('a wrong token is told so, the right one is let in and survives a reload, and logging out forgets it', async () => {
    const service = await serve()
    const page = await open(service, { token: null })
    await page.getByLabel('Token').fill('not-the-token-0123456789')
    await page.getByRole('button', { name: 'Log in' }).click()
    await page.getByText('The service does not know this token').first().waitFor()
    expect(await page.evaluate((key) => sessionStorage.getItem(key), KEY)).toBeNull()

    await page.getByLabel('Token').fill(` ${TOKENS.read} `)
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Traffic' }).waitFor()
    expect(await textOf(page, '.who')).toBe('the-readr may read')

    await page.reload()
    await page.getByRole('heading', { name: 'Traffic' }).waitFor()
    expect(await page.evaluate((key) => sessionStorage.getItem(key), KEY)).toBe(TOKENS.read)
    expect(await page.evaluate(() => localStorage.length + document.cookie.length)).toBe(0)

    await page.getByRole('button', { name: 'Log out' }).click()
    await page.getByLabel('Token').waitFor()
    expect(await page.evaluate(() => sessionStorage.length)).toBe(0)
    await page.reload()
    await page.getByLabel('Token').waitFor()
  })

  test('it works under a path of a reverse proxy', async () => {
    const service = await serve()
    await service.consume('acme', 3)
    const proxy = createServer((asked, answer) => {
      const { method, headers } = asked
      // Whatever isn't under the path is somebody else's.
      if (!asked.url?.startsWith('/limits/')) return void answer.writeHead(404).end()
      const passed = request(service.url + asked.url.slice('/limits'.length), { method, headers }, (from) => {
        answer.writeHead(from.statusCode ?? 502, from.headers)
        from.pipe(answer)
      })
      asked.pipe(passed)
    }).listen(0, '127.0.0.1')
    await once(proxy, 'listening')
    onTestFinished(() => {
      proxy.closeAllConnections()
      proxy.close()
    })
    const { port } = proxy.address() as AddressInfo
    const page = await open({ url: `http://127.0.0.1:${port}/limits` })
    await settled(page)
    expect(await tile(page, 'Decisions')).toBe('3')
    await page.getByRole('link', { name: 'Plans' }).click()
    await page.getByRole('heading', { name: 'Plans' }).waitFor()
    await page.reload()
    await page.getByRole('heading', { name: 'Plans' }).waitFor()
  })

  test('what can’t be a token is not sent', async () => {
    const page = await open(await serve(), { token: null })
    let asked = 0
    page.on('request', () => asked++)
    await page.getByRole('button', { name: 'Log in' }).click()
    await page.getByText('Enter a token').first().waitFor()
    await page.getByLabel('Token').fill('tökén')
    await page.getByRole('button', { name: 'Log in' }).click()
    await page.getByText('This is no token').first().waitFor()
    expect(asked).toBe(0)
  })

  test('a token in the fragment logs in, and is gone from the address and from the history', async () => {
    const page = await open(await serve(), { token: TOKENS.manage })
    await page.getByRole('heading', { name: 'Traffic' }).waitFor()
    expect(page.url()).not.toContain('token')
    await page.getByRole('link', { name: 'Plans' }).click()
    await settled(page)
    await page.goBack()
    await page.getByRole('heading', { name: 'Traffic' }).waitFor()
    expect(page.url()).not.toContain('token')
  })

  test('a fragment with another token changes who one is', async () => {
    const page = await open(await serve())
    await page.evaluate((token) => {
      location.hash = `#token=${token}`
    }, TOKENS.read)
    await expect.poll(() => textOf(page, '.who'), eventually).toBe('the-readr may read')
    expect(page.url()).not.toContain('token')
  })

  test('a token for decisions alone is told what it lacks', async () => {
    const page = await open(await serve(), { token: TOKENS.decide })
    await page.getByText('may decide only').waitFor()
    await page.getByLabel('Token').waitFor()
    expect(await page.evaluate(() => sessionStorage.length)).toBe(0)
  })

  test('a token that is taken back leads to the log-in again', async () => {
    const first = await serve()
    const page = await open(first)
    await page.getByRole('heading', { name: 'Traffic' }).waitFor()
    await first.stop()
    const tokens = [{ name: 'other', scope: 'manage', token: 'another-0123456789abcdef' }] as const
    await serve({ tokens, port: first.port })
    await page.getByText('The service no longer takes the token').waitFor()
    expect(await page.evaluate(() => sessionStorage.length)).toBe(0)
  })

  test('opened by a place that there is not, it says so', async () => {
    const page = await open(await serve(), { at: 'nowhere' })
    await page.getByText('There is no such page').waitFor()
  })

  test('a token of any characters that it may have logs in by the fragment', async () => {
    const token = 'ab+cd/ef-0123456789~._=='
    const page = await open(await serve({ tokens: [{ name: 'other', scope: 'manage', token }] }), { token })
    await page.getByRole('heading', { name: 'Traffic' }).waitFor()
    expect(await textOf(page, '.who')).toBe('other may manage')
  })

  test('whoever logs in or out by the keyboard is taken to the heading', async () => {
    const page = await open(await serve(), { token: null })
    const focused = () => page.evaluate(() => document.activeElement?.tagName)
    await page.getByLabel('Token').fill(TOKENS.manage)
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Traffic' }).waitFor()
    await expect.poll(focused, eventually).toBe('H1')
    await page.getByRole('button', { name: 'Log out' }).click()
    await page.getByLabel('Token').waitFor()
    await expect.poll(focused, eventually).toBe('H1')
  })
}
