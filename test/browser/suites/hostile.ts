import { expect, test } from 'vitest'
import { cellsOf, eventually, type Open, serve, settled, visit } from '../support.ts'
import { sideways } from './everyone.ts'

const NAMES = {
  'an image that runs': '<img src=x onerror="alert(document.domain)">',
  'a script': '</bdi><script>alert(1)</script>',
  'one that turns text around': '\u202Egpj.exe\u2066',
  'one of 512 characters': 'x'.repeat(512),
  'one of 512 wide ones': '漢'.repeat(512),
  'a family': '👨‍👩‍👧‍👦',
  'Arabic and Hebrew': 'مرحبا שלום',
  'parts of an address': '../a/b?c=d#e%2F%00&f=%zz',
  spaces: ' a  b ',
  lines: 'a\nb\tc',
  'a formula': '=HYPERLINK("http://example.org")',
  'a lone percent': '%',
  prototypes: '__proto__',
} as const

/** What is read of it, where characters that can't be seen are shown by their codes. */
const SHOWN: { readonly [name: string]: string } = {
  'one that turns text around': 'U+202Egpj.exeU+2066',
  spaces: 'U+0020a  bU+0020',
  lines: 'aU+000AbU+0009c',
}

export function hostile(open: Open): void {
  test('are text wherever they are shown, and lead to who has them', async () => {
    const service = await serve()
    for (const id of Object.values(NAMES)) {
      const reply = await service.ask('PUT', `subjects/${encodeURIComponent(id)}`, { plan: 'pro', daily: 1 })
      expect(reply.status).toBe(200)
      await service.consume(id, 2)
    }
    const shown = Object.entries(NAMES).map(([name, id]) => SHOWN[name] ?? id)
    const page = await open(service)
    await settled(page)
    const narrow = async () => {
      await page.setViewportSize({ width: 380, height: 700 })
      expect(await sideways(page)).toBe(0)
      await page.setViewportSize({ width: 1_280, height: 900 })
    }
    const most = await page
      .locator('[aria-labelledby="most-denied"] tbody tr td:first-child')
      .allTextContents()
    expect(most.sort()).toEqual([...shown].sort())
    await narrow()

    await visit(page, 'customers')
    expect((await cellsOf(page)).map(([name]) => name).sort()).toEqual(
      shown.map((text) => text.trim()).sort(),
    )
    await narrow()
    for (const [name, id] of Object.entries(NAMES)) {
      await visit(page, `customers/${encodeURIComponent(id)}`)
      await expect.poll(() => page.locator('h1 bdi').textContent(), eventually).toBe(SHOWN[name] ?? id)
      await expect
        .poll(() => page.locator('[aria-label="Limit daily"]').textContent(), eventually)
        .toMatch(/1 of 1/)
      await page.getByRole('img', { name: '1 requests allowed, 1 denied' }).waitFor()
      await page.getByText('Raw change').click()
      expect(JSON.parse(await page.locator('.changes pre').innerText()).change.subject).toBe(id)
      await narrow()
      // Browsers show one space there for many.
      expect(await page.title()).toBe(`${(SHOWN[name] ?? id).replaceAll(/ +/g, ' ')} – Headgate`)
    }
    for (const at of ['changes', 'usage?group=subject']) {
      await visit(page, at)
      await page.locator('main bdi').first().waitFor()
      await narrow()
    }
    expect(await page.locator('main img, main script, main iframe').count()).toBe(0)
  })

  test('by a link from the list one comes to the very same name', async () => {
    const service = await serve()
    for (const id of Object.values(NAMES)) {
      await service.ask('PUT', `subjects/${encodeURIComponent(id)}`, { plan: 'pro' })
    }
    const page = await open(service, { at: 'customers' })
    const asked = new Set<string>()
    page.on('request', (request) => {
      const [, path] = /\/v1\/subjects\/([^/?]+)$/.exec(request.url()) ?? []
      if (path !== undefined) asked.add(decodeURIComponent(path))
    })
    const count = await page.locator('tbody .subject-link').count()
    for (let i = 0; i < count; i++) {
      await page.locator('tbody .subject-link').nth(i).click()
      await page.locator('.facts').waitFor()
      await page.goBack()
      await page.locator('tbody').waitFor()
    }
    expect([...asked].sort()).toEqual(Object.values(NAMES).sort())
  })

  test('what no browser can ask for is said to be so', async () => {
    const page = await open(await serve(), { at: 'customers/..' })
    await page.getByText('A browser can’t ask for this customer').first().waitFor()
  })
}
