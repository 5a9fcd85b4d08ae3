import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileRegistry } from '@headgate/server'
import type { Page } from 'playwright-core'
import { expect, onTestFinished, test } from 'vitest'
import { type Open, PLANS, serve, TOKENS, textOf, visit } from '../support.ts'

/** What changes something, on all pages: the texts of its buttons and links. */
async function controls(page: Page): Promise<{ readonly [at: string]: string[] }> {
  const found: Record<string, string[]> = {}
  for (const at of ['customers/acme', 'plans', 'plans/free']) {
    await visit(page, at)
    await page.locator(at === 'plans' ? 'table' : 'h1').waitFor()
    const texts = await page.locator('main').locator('button, .button').allInnerTexts()
    found[at] = texts.filter((text) =>
      ['Change', 'Remove', 'Reset', 'New', 'Import', 'Edit', 'Make', 'Delete', 'Save'].some((word) =>
        text.startsWith(word),
      ),
    )
  }
  return found
}

export function access(open: Open): void {
  test('who may manage has all controls', async () => {
    const service = await serve()
    await service.ask('PUT', 'subjects/acme', { plan: 'pro' })
    const page = await open(service)
    const row = ['Edit', 'Make default', 'Delete']
    expect(await controls(page)).toEqual({
      'customers/acme': ['Change plan', 'Remove assignment', 'Reset'],
      plans: ['New plan', 'Import', ...row, ...row, ...row],
      'plans/free': ['Save'],
    })
    expect(await page.locator('.access-note').count()).toBe(0)
  })

  test('who may only read has none, and is told why', async () => {
    const service = await serve()
    await service.ask('PUT', 'subjects/acme', { plan: 'pro' })
    const page = await open(service, { token: TOKENS.read })
    expect(await controls(page)).toEqual({ 'customers/acme': [], plans: [], 'plans/free': [] })
    expect(await textOf(page, '.access-note')).toMatch(/Read only: .* scope manage/)
    // What is read is there all the same.
    expect(await textOf(page, '.facts')).toMatch(/rate\s+5 per hour/)
    expect(await page.locator('form').count()).toBe(0)
    await visit(page, 'plans/+new')
    await page.locator('.access-note').waitFor()
    expect(await page.locator('form, .facts').count()).toBe(0)
  })

  test('where plans are read from a file, only what was used can be reset', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'headgate-browser-'))
    onTestFinished(() => rm(folder, { recursive: true }))
    const path = join(folder, 'plans.json')
    await writeFile(path, JSON.stringify({ ...PLANS, subjects: { acme: 'pro' } }))
    const registry = await fileRegistry(path, { onError: console.error })
    onTestFinished(() => registry.close())
    const page = await open(await serve({ registry }))
    expect(await controls(page)).toEqual({ 'customers/acme': ['Reset'], plans: [], 'plans/free': [] })
    expect(await textOf(page, '.access-note')).toMatch(/read from a file/)
    await visit(page, 'customers/acme')
    await page.getByRole('button', { name: 'Reset' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Reset' }).click()
    await page.getByText('reset what acme has used').waitFor()
  })
}
