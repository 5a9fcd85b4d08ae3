import { expect, test } from 'vitest'
import { eventually, type Open, serve, settled, visit } from '../support.ts'

export function changes(open: Open): void {
  test('tells who changed what in sentences, the newest first, and the raw change on demand', async () => {
    const service = await serve()
    await service.ask('PUT', 'subjects/acme', { plan: 'pro', daily: 5_000, monthly: null })
    await service.ask('POST', 'subjects/acme/reset')
    await service.ask('DELETE', 'subjects/acme')
    await service.ask('PUT', 'plans/tiny', { extends: 'free', daily: 3, priority: -5 })
    await service.ask('PUT', 'default', { plan: 'tiny' })
    await service.ask('PUT', 'default', { plan: 'free' })
    await service.ask('DELETE', 'plans/tiny')
    const page = await open(service, { at: 'changes' })
    expect(await page.locator('.sentence').allInnerTexts()).toEqual([
      'the-manager deleted the plan tiny',
      'the-manager made free the default plan',
      'the-manager made tiny the default plan',
      'the-manager set the plan tiny: begins as free, daily 3, priority -5',
      'the-manager put acme back on the default plan',
      'the-manager reset what acme has used',
      'the-manager put acme on pro, with daily 5,000, no monthly',
      'config replaced all plans: now 3 plans, the default is free',
    ])
    const [newest] = (await service.ask('GET', 'changes?limit=1')).json.changes
    const raw = page.locator('.changes pre').first()
    expect(await raw.isVisible()).toBe(false)
    await page.getByText(`Raw change ${newest.id}`).click()
    expect(JSON.parse(await raw.innerText())).toEqual(newest)

    await service.ask('POST', 'subjects/acme/reset')
    await page.getByRole('button', { name: 'Look again' }).click()
    await expect
      .poll(() => page.locator('.sentence').first().innerText(), eventually)
      .toBe('the-manager reset what acme has used')

    await visit(page, 'changes?subject=acme')
    await expect.poll(() => page.locator('.sentence').count(), eventually).toBe(4)
    await page.getByRole('link', { name: 'Show all' }).click()
    await expect.poll(() => page.locator('.sentence').count(), eventually).toBe(9)
  })

  test('older ones are there for the asking, each once', async () => {
    const service = await serve()
    for (let i = 0; i < 60; i++) await service.ask('POST', `subjects/customer-${i}/reset`)
    const page = await open(service, { at: 'changes' })
    await settled(page)
    expect(await page.locator('.sentence').count()).toBe(50)
    await page.getByRole('button', { name: 'Older changes' }).click()
    await expect.poll(() => page.locator('.sentence').count(), eventually).toBe(61)
    const sentences = await page.locator('.sentence').allInnerTexts()
    expect(new Set(sentences).size).toBe(61)
    expect(sentences[0]).toContain('customer-59')
    expect(sentences.at(-2)).toContain('customer-0')
    expect(await page.getByRole('button', { name: 'Older changes' }).count()).toBe(0)
  })
}
