import { expect, test } from 'vitest'
import { cellsOf, eventually, type Open, serve, settled, textOf, visit } from '../support.ts'

export function customers(open: Open): void {
  test('lists who is assigned, searches, filters and turns pages', async () => {
    const service = await serve()
    const names = Array.from({ length: 60 }, (_, i) => `customer-${String(i).padStart(2, '0')}`)
    for (const name of names) await service.ask('PUT', `subjects/${name}`, { plan: 'pro' })
    await service.ask('PUT', 'subjects/acme', {
      plan: 'huge',
      daily: 5_000,
      monthly: null,
      until: '2999-01-01T00:00:00Z',
    })
    const page = await open(service, { at: 'customers' })
    const first = await cellsOf(page)
    expect(first.map(([name]) => name)).toEqual(['acme', ...names.slice(0, 49)])
    expect(first[0]?.slice(1, 3)).toEqual(['huge', 'daily 5,000no monthlyuntil Jan 1, 2999, 12:00 AM'])
    expect(first[1]?.slice(1, 3)).toEqual(['pro', 'none'])

    await page.getByRole('link', { name: 'Next page' }).click()
    await expect
      .poll(async () => (await cellsOf(page)).map(([name]) => name), eventually)
      .toEqual(names.slice(49))
    expect(await page.getByRole('link', { name: 'Next page' }).count()).toBe(0)
    await page.reload()
    await settled(page)
    expect((await cellsOf(page))[0]?.[0]).toBe('customer-49')
    await page.getByRole('link', { name: 'First page' }).click()
    await expect.poll(async () => (await cellsOf(page)).length, eventually).toBe(50)

    await page.getByLabel('Id begins with').fill('customer-1')
    await expect
      .poll(async () => (await cellsOf(page)).map(([name]) => name), eventually)
      .toEqual(names.slice(10, 20))
    await page.getByLabel('Id begins with').fill('')
    await page.getByLabel('Plan').selectOption('huge')
    await expect.poll(async () => (await cellsOf(page)).map(([name]) => name), eventually).toEqual(['acme'])
    expect(page.url()).toContain('plan=huge')

    await page.getByLabel('Id begins with').fill('nobody')
    await page.getByText('No customer with an assignment begins so').waitFor()
    await page.getByRole('button', { name: 'Open this id' }).click()
    await page.getByRole('heading', { name: 'nobody', level: 1 }).waitFor()
  })

  test('shows anybody’s limits as they are, live', async () => {
    const service = await serve()
    await service.consume('somebody', 2)
    const page = await open(service, { at: 'customers/somebody' })
    const figures = (limit: string) => textOf(page, `[aria-label="Limit ${limit}"]`)
    const plan = await textOf(page, '.facts')
    expect(plan).toMatch(/Plan\s+free \(default\)/)
    expect(plan).toMatch(/Exceptions\s+none/)
    expect(await figures('rate')).toMatch(
      /5 per hour\s+used\s+2 of 5\s+left\s+3\s+all of it back\s+in \d+ min/,
    )
    expect(await figures('daily')).toMatch(/used\s+2 of 1,000\s+left\s+998\s+resets\s+in/)
    await service.consume('somebody', 5)
    await expect
      .poll(() => figures('rate'), eventually)
      .toMatch(/5 of 5\s+left\s+0[\s\S]*denied\s+for \d+ min/)
    // A denial charges none of the limits.
    expect(await figures('daily')).toMatch(/5 of 1,000/)

    const name = await page.getByRole('img', { name: /Last 30 days/ }).getAttribute('aria-label')
    expect(name).toMatch(/^Last 30 days: \d requests allowed, \d denied/)
    await page.reload()
    await settled(page)
    await page.getByRole('img', { name: 'Last 30 days: 5 requests allowed, 2 denied.' }).waitFor()
  })

  test('a plan is changed with exceptions, and the next decision goes by it', async () => {
    const service = await serve()
    await service.ask('PUT', 'subjects/acme', {
      plan: 'free',
      priority: 7,
      limits: { exports: { algorithm: 'fixed-window', limit: 3, window: '1h' } },
    })
    const page = await open(service, { at: 'customers/acme' })
    await page.getByRole('button', { name: 'Change plan' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByText('Kept as it is: priority 7, exports 3 in each hour.').waitFor()
    expect(await dialog.getByLabel('Rate').getAttribute('placeholder')).toBe('5')
    await dialog.getByLabel('Plan').selectOption('pro')
    expect(await dialog.getByLabel('Burst').getAttribute('placeholder')).toBe('1200')
    await dialog.getByLabel('Rate').fill('2')
    await dialog.getByLabel('per', { exact: true }).fill('1d')
    await dialog.getByLabel('Burst').fill('3')
    await dialog.getByLabel('Monthly').fill('none')
    await dialog.getByLabel('Until').fill('2999-01-01T12:30')
    await dialog.getByRole('button', { name: 'Save' }).click()
    await dialog.waitFor({ state: 'detached' })

    const { assignment } = (await service.ask('GET', 'subjects/acme')).json
    expect(assignment).toEqual({
      plan: 'pro',
      priority: 7,
      limits: { exports: { algorithm: 'fixed-window', limit: 3, window: '1h' } },
      rate: { limit: 2, per: '1d' },
      burst: 3,
      monthly: null,
      until: '2999-01-01T12:30:00.000Z',
    })
    await expect
      .poll(() => textOf(page, '.facts'), eventually)
      .toMatch(/pro[\s\S]*rate 2 per day, burst 3, no monthly/)
    await page.getByText('put acme on pro, with').waitFor()
    const answers = await service.consume('acme', 4)
    expect(answers.map(({ allowed }) => allowed)).toEqual([true, true, true, false])

    // Opened again, it says what was saved, and saving it changes nothing.
    await page.getByRole('button', { name: 'Change plan' }).click()
    expect(await dialog.getByLabel('Monthly').inputValue()).toBe('none')
    expect(await dialog.getByLabel('Until').inputValue()).toBe('2999-01-01T12:30')
    await dialog.getByRole('button', { name: 'Save' }).click()
    await dialog.waitFor({ state: 'detached' })
    expect((await service.ask('GET', 'subjects/acme')).json.assignment).toEqual(assignment)
  })

  test('what is wrong is said at its field, before it is sent and by the service', async () => {
    const service = await serve({})
    await service.ask('PUT', 'plans/calm', { daily: 5 })
    const page = await open(service, { at: 'customers/acme' })
    await page.getByRole('button', { name: 'Change plan' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Plan').selectOption('calm')
    await dialog.getByLabel('Daily').fill('plenty')
    await dialog.getByRole('button', { name: 'Save' }).click()
    await expect
      .poll(() => dialog.locator('.field:has([name=daily]) .field-error').textContent())
      .toMatch(/whole number/)
    expect(await dialog.getByLabel('Daily').evaluate((input) => input === document.activeElement)).toBe(true)

    await dialog.getByLabel('Daily').fill('')
    await dialog.getByLabel('Burst').fill('10')
    await dialog.getByRole('button', { name: 'Save' }).click()
    await expect
      .poll(() => dialog.locator('.field:has([name=burst]) .field-error').textContent(), eventually)
      .toMatch(/^`burst` must be left out where there is no `rate`, not 10\. Give a `rate` too\.$/)
    expect((await service.ask('GET', 'subjects/acme')).json.assignment).toBeNull()
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'detached' })
  })

  test('an assignment is removed, and what was used is reset, only once that is confirmed', async () => {
    const service = await serve()
    await service.ask('PUT', 'subjects/acme', { plan: 'free', daily: 5 })
    await service.consume('acme', 6)
    const page = await open(service, { at: 'customers/acme' })
    const dialog = page.getByRole('dialog')

    await page.getByRole('button', { name: 'Reset' }).click()
    await dialog.getByRole('button', { name: 'Cancel' }).click()
    await dialog.waitFor({ state: 'detached' })
    expect((await service.consume('acme'))[0]?.allowed).toBe(false)
    await page.getByRole('button', { name: 'Reset' }).click()
    await dialog.getByRole('button', { name: 'Reset' }).click()
    await dialog.waitFor({ state: 'detached' })
    await expect.poll(() => textOf(page, '[aria-label="Limit daily"]'), eventually).toMatch(/0 of 5/)
    expect((await service.consume('acme'))[0]?.allowed).toBe(true)
    await page.getByText('reset what acme has used').waitFor()

    await page.getByRole('button', { name: 'Remove assignment' }).click()
    await dialog.getByRole('button', { name: 'Remove' }).click()
    await dialog.waitFor({ state: 'detached' })
    await expect.poll(() => textOf(page, '.facts'), eventually).toMatch(/free \(default\)/)
    expect((await service.ask('GET', 'subjects/acme')).json.assignment).toBeNull()
    expect(await page.getByRole('button', { name: 'Remove assignment' }).count()).toBe(0)
  })

  test('where one goes from one customer to another, nothing of the first is left', async () => {
    const service = await serve()
    await service.ask('PUT', 'subjects/acme', { plan: 'pro' })
    const page = await open(service, { at: 'customers/acme' })
    expect(await textOf(page, '.facts')).toMatch(/pro/)
    await visit(page, 'customers/other')
    await page.getByRole('heading', { name: 'other', level: 1 }).waitFor()
    await expect.poll(() => textOf(page, '.facts'), eventually).toMatch(/free \(default\)/)
  })

  test('a date without its time is no end, and is told so', async () => {
    const service = await serve()
    await service.ask('PUT', 'subjects/acme', { plan: 'free', until: '2999-01-01T12:30:00Z' })
    const page = await open(service, { at: 'customers/acme' })
    await page.getByRole('button', { name: 'Change plan' }).click()
    const dialog = page.getByRole('dialog')
    const until = dialog.getByLabel('Until')
    await until.focus()
    // The first part of it, the month.
    await page.keyboard.press('Backspace')
    expect(await until.inputValue()).toBe('')
    await dialog.getByRole('button', { name: 'Save' }).click()
    await expect
      .poll(() => dialog.locator('.field:has([name=until]) .field-error').allTextContents(), eventually)
      .toEqual(['Choose a date and a time'])
    expect((await service.ask('GET', 'subjects/acme')).json.assignment.until).toBe('2999-01-01T12:30:00Z')
    // All of it is.
    await until.fill('')
    await dialog.getByRole('button', { name: 'Save' }).click()
    await dialog.waitFor({ state: 'detached' })
    expect((await service.ask('GET', 'subjects/acme')).json.assignment).toEqual({ plan: 'free' })
  })

  test('a limit that is only tried out is not said to deny', async () => {
    const service = await serve({ shadow: ['rate'] })
    await service.consume('acme', 8)
    const page = await open(service, { at: 'customers/acme' })
    const figures = await textOf(page, '[aria-label="Limit rate"]')
    expect(figures).toMatch(/tried out/)
    expect(figures).toMatch(/would deny\s+for/)
    expect(figures).not.toMatch(/denied/)
    expect(await textOf(page, '[aria-label="Limit daily"]')).not.toMatch(/tried out/)
  })

  test('who changes a plan while another does keeps what was typed, and writes nothing over', async () => {
    const service = await serve()
    await service.ask('PUT', 'subjects/acme', { plan: 'free', daily: 5 })
    const page = await open(service, { at: 'customers/acme' })
    await page.getByRole('button', { name: 'Change plan' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Monthly').fill('900')
    await service.ask('PUT', 'subjects/acme', { plan: 'pro', daily: 6 })
    await expect.poll(() => dialog.getByLabel('Daily').inputValue(), eventually).toBe('6')
    await dialog.getByRole('button', { name: 'Save' }).click()
    await dialog.waitFor({ state: 'detached' })
    expect((await service.ask('GET', 'subjects/acme')).json.assignment).toEqual({
      plan: 'pro',
      daily: 6,
      monthly: 900,
    })
  })
}
