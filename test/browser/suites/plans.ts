import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import {
  cellsOf,
  eventually,
  html,
  type Open,
  PLANS,
  proxied,
  serve,
  settled,
  textOf,
  visit,
} from '../support.ts'

export function plans(open: Open): void {
  test('shows each plan with what it begins as', async () => {
    const page = await open(await serve(), { at: 'plans' })
    const rows = (await cellsOf(page)).map((cells) => cells.slice(0, 7))
    const none = '–not limited'
    expect(rows).toEqual([
      ['freedefault', '5 per hour', '5', '1,000', none, '0', none],
      ['hugebegins as pro', '600 per minute', '1,200', none, none, '10', 'exports: 10 in any hour'],
      ['pro', '600 per minute', '1,200', none, '1,000,000', '10', none],
    ])
  })

  test('a plan is edited, and the next decision goes by it', async () => {
    const service = await serve()
    expect((await service.consume('acme', 6)).map(({ allowed }) => allowed)).toContain(false)
    const page = await open(service, { at: 'plans' })
    await page.getByRole('link', { name: 'Edit free' }).click()
    await settled(page)
    expect(await page.getByLabel('Rate').inputValue()).toBe('5')
    await page.getByLabel('Rate').fill('1,000')
    await page.getByLabel('per', { exact: true }).fill('1s')
    await page.getByLabel('Daily').fill('')
    await page.getByLabel('Monthly').fill('30 000')
    await page.getByLabel('Time zone').fill('Asia/Tokyo')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByRole('heading', { name: 'Plans' }).waitFor()
    await expect
      .poll(async () => (await cellsOf(page))[0]?.slice(1, 5), eventually)
      .toEqual(['1,000 per second', '1,000', '–not limited', '30,000Asia/Tokyo'])
    expect((await service.ask('GET', 'plans')).json.plans.free).toEqual({
      rate: { limit: 1_000, per: '1s' },
      monthly: 30_000,
      timeZone: 'Asia/Tokyo',
    })
    expect((await service.consume('acme'))[0]?.allowed).toBe(true)
  })

  test('a form that is saved as it is changes nothing', async () => {
    const service = await serve()
    const before = (await service.ask('GET', 'plans')).json.plans
    const page = await open(service, { at: 'plans/huge' })
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByRole('heading', { name: 'Plans' }).waitFor()
    expect((await service.ask('GET', 'plans')).json.plans).toEqual(before)
    expect((await service.ask('GET', 'changes')).json.changes[0].change.type).toBe('plan.set')
  })

  test('what the service has against it is said at the field', async () => {
    const service = await serve()
    const page = await open(service, { at: 'plans/free' })
    const errorAt = (name: string) => page.locator(`.field:has([name="${name}"]) .field-error`).textContent()
    await page.getByLabel('Time zone').fill('Mars/Olympus')
    await page.getByRole('button', { name: 'Save' }).click()
    await expect.poll(() => errorAt('timeZone'), eventually).toMatch(/Mars\/Olympus/)
    expect(await page.locator('.field-error').count()).toBe(1)
    await page.getByLabel('Time zone').fill('')
    await page.getByLabel('Other limits').fill('{ "a": { "algorithm": "hope" } }')
    await page.getByRole('button', { name: 'Save' }).click()
    await expect.poll(() => errorAt('limits'), eventually).toMatch(/known algorithm, not "hope"/)
    await page.getByLabel('Other limits').fill('{')
    await page.getByRole('button', { name: 'Save' }).click()
    await expect.poll(() => errorAt('limits'), eventually).toMatch(/JSON/)
    expect((await service.ask('GET', 'plans')).json.plans.free).toEqual(PLANS.plans.free)

    await visit(page, 'plans/+new')
    await page.getByLabel('Daily').fill('5')
    await page.getByRole('button', { name: 'Save' }).click()
    await expect.poll(() => errorAt('name'), eventually).toMatch(/Give it a name/)
    await page.getByLabel('Name').fill('free')
    await page.getByRole('button', { name: 'Save' }).click()
    await expect.poll(() => errorAt('name'), eventually).toMatch(/There is a plan of this name/)
    await page.getByLabel('Name').fill('9 lives')
    await page.getByRole('button', { name: 'Save' }).click()
    await expect.poll(() => errorAt('name'), eventually).toMatch(/must be a name/)
  })

  test('who was overtaken is told so, writes nothing over, and loses nothing that was typed', async () => {
    const service = await serve()
    const page = await open(service, { at: 'plans/free' })
    await service.ask('PUT', 'plans/free', { daily: 77, priority: 3 })
    await page.getByLabel('Monthly').fill('5000')
    const answer = page.waitForResponse((response) => response.request().method() === 'PUT')
    await page.getByRole('button', { name: 'Save' }).click()
    expect((await answer).status()).toBe(412)
    await page.getByText('somebody changed the plans meanwhile').waitFor()
    expect((await service.ask('GET', 'plans')).json.plans.free).toEqual({ daily: 77, priority: 3 })

    // What was not touched is theirs, and what was typed is there.
    await expect.poll(() => page.getByLabel('Daily').inputValue(), eventually).toBe('77')
    expect(await page.getByLabel('Priority').inputValue()).toBe('3')
    expect(await page.getByLabel('Rate').inputValue()).toBe('')
    expect(await page.getByLabel('Monthly').inputValue()).toBe('5000')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByRole('heading', { name: 'Plans' }).waitFor()
    expect((await service.ask('GET', 'plans')).json.plans.free).toEqual({
      daily: 77,
      priority: 3,
      monthly: 5_000,
    })
  })

  test('where two have written into the same field, each is told what the other wrote', async () => {
    const service = await serve()
    const page = await open(service, { at: 'plans/free' })
    await service.ask('PUT', 'plans/free', { daily: 77 })
    await page.getByLabel('Daily').fill('5')
    await page.getByLabel('Priority').fill('9')
    await page.getByRole('button', { name: 'Save' }).click()
    await expect
      .poll(() => page.locator('.field:has([name=daily]) .field-error').allTextContents(), eventually)
      .toEqual([expect.stringMatching(/Somebody else wrote 77 here/)])
    expect(await page.locator('.field-error').count()).toBe(1)
    expect(await page.getByLabel('Daily').inputValue()).toBe('5')
    await page.getByRole('button', { name: 'Take theirs' }).click()
    await expect.poll(() => page.getByLabel('Daily').inputValue(), eventually).toBe('77')
    expect(await page.getByLabel('Priority').inputValue()).toBe('')
    expect(await page.getByText('somebody changed the plans meanwhile').count()).toBe(0)
    expect(await page.locator('.field-error').count()).toBe(0)
    await page.getByLabel('Daily').fill('78')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByRole('heading', { name: 'Plans' }).waitFor()
    expect((await service.ask('GET', 'plans')).json.plans.free).toEqual({ daily: 78 })
  })

  test('what was typed also stays where somebody else has deleted the plan, or the service came back with others', async () => {
    const service = await serve()
    await service.ask('PUT', 'plans/mine', { daily: 5, priority: 4 })
    const proxy = await proxied(service)
    const page = await open(proxy, { at: 'plans/mine' })
    await page.getByLabel('Daily').fill('6')
    proxy.before = () => html(502)
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('Not saved').waitFor()
    await service.ask('PUT', 'plans/mine', { daily: 5, priority: 7 })
    proxy.before = () => undefined
    await expect.poll(() => page.getByLabel('Priority').inputValue(), eventually).toBe('7')
    expect(await page.getByLabel('Daily').inputValue()).toBe('6')

    await service.ask('DELETE', 'plans/mine')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('somebody has deleted this plan').waitFor()
    expect(await page.getByLabel('Daily').inputValue()).toBe('6')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByRole('heading', { name: 'Plans' }).waitFor()
    expect((await service.ask('GET', 'plans')).json.plans.mine).toEqual({ daily: 6, priority: 7 })
  })

  test('whoever comes back to the page after long sees what there is now', async () => {
    const service = await serve()
    const page = await open(service, { at: 'plans' })
    let asked = 0
    page.on('request', (request) => {
      if (request.url().includes('/v1/plans')) asked++
    })
    const awayFor = (minutes: number) =>
      page.evaluate((minutes) => {
        const before = performance.now.bind(performance)
        const look = (hidden: boolean) => {
          Object.defineProperty(document, 'hidden', { configurable: true, value: hidden })
          document.dispatchEvent(new Event('visibilitychange'))
        }
        look(true)
        performance.now = () => before() + minutes * 60_000
        look(false)
      }, minutes)
    await service.ask('PUT', 'plans/free', { daily: 77 })
    await awayFor(1)
    await awayFor(240)
    await expect.poll(async () => (await cellsOf(page))[0]?.[3], eventually).toBe('77')
    expect(asked).toBe(1)
  })

  test('a key that is held down confirms nothing', async () => {
    const service = await serve()
    const page = await open(service, { at: 'plans' })
    await page.getByRole('button', { name: 'Delete huge' }).focus()
    await page.keyboard.down('Enter')
    await page.getByRole('dialog').waitFor()
    // Again, as the keyboard does by itself.
    await page.keyboard.down('Enter')
    await page.keyboard.up('Enter')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    expect(Object.keys((await service.ask('GET', 'plans')).json.plans)).toContain('huge')
  })

  test('plans are made, made the default and deleted, but not while somebody is on them', async () => {
    const service = await serve()
    await service.ask('PUT', 'subjects/acme', { plan: 'huge' })
    const page = await open(service, { at: 'plans' })
    await page.getByRole('link', { name: 'New plan' }).click()
    await page.getByLabel('Name').fill('tiny')
    await page.getByLabel('Begins as').selectOption('free')
    expect(await page.getByLabel('Daily').getAttribute('placeholder')).toBe('1000')
    await page.getByLabel('Daily').fill('3')
    await page.getByLabel('Priority').fill('-5')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByRole('button', { name: 'Make default: tiny' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('button', { name: 'Make default' }).click()
    await dialog.waitFor({ state: 'detached' })
    await expect.poll(async () => (await cellsOf(page))[3]?.[0], eventually).toBe('tinydefaultbegins as free')
    const { plans, default: name } = (await service.ask('GET', 'plans')).json
    expect(name).toBe('tiny')
    expect(plans.tiny).toEqual({ extends: 'free', daily: 3, priority: -5 })
    expect((await service.consume('anybody', 4)).map(({ allowed }) => allowed)).toEqual([
      true,
      true,
      true,
      false,
    ])

    expect(await page.getByRole('button', { name: 'Delete tiny' }).isDisabled()).toBe(true)
    await page.getByRole('button', { name: 'Delete huge' }).click()
    await dialog.getByRole('button', { name: 'Delete' }).click()
    await expect.poll(() => dialog.getByRole('alert').textContent(), eventually).toMatch(/PLAN_IN_USE/)
    await dialog.getByRole('button', { name: 'Cancel' }).click()
    await service.ask('DELETE', 'subjects/acme')
    await page.getByRole('button', { name: 'Delete huge' }).click()
    await dialog.getByRole('button', { name: 'Delete' }).click()
    await dialog.waitFor({ state: 'detached' })
    await expect.poll(async () => (await cellsOf(page)).length, eventually).toBe(3)
    expect(Object.keys((await service.ask('GET', 'plans')).json.plans)).not.toContain('huge')
  })

  test('what is exported can be imported, once it was said what that changes', async () => {
    const service = await serve()
    const page = await open(service, { at: 'plans' })
    const download = page.waitForEvent('download')
    await page.getByRole('button', { name: 'Export' }).click()
    const file = await download
    expect(file.suggestedFilename()).toBe('headgate-plans.json')
    const text = await readFile(await file.path(), 'utf8')
    expect(JSON.parse(text)).toEqual(PLANS)

    const { huge: _, ...rest } = PLANS.plans
    const anew = { default: 'pro', plans: { ...rest, free: { daily: 9 }, extra: { daily: 1 } }, subjects: {} }
    const dialog = page.getByRole('dialog')
    const choose = (content: string) =>
      page
        .getByLabel('File with plans')
        .setInputFiles({ name: 'plans.json', mimeType: 'application/json', buffer: Buffer.from(content) })
    await choose('{ nonsense')
    await dialog.getByText('The file is no JSON').waitFor()
    await dialog.getByRole('button', { name: 'Close' }).click()
    await choose(JSON.stringify(anew))
    expect(await textOf(page, 'dialog .differences')).toMatch(
      /Added\s+extra\s+Changed\s+free\s+Deleted\s+huge\s+New default\s+pro/,
    )
    await dialog.getByText('more than plans').waitFor()
    await dialog.getByRole('button', { name: 'Replace' }).click()
    await dialog.waitFor({ state: 'detached' })
    const { plans, default: name } = (await service.ask('GET', 'plans')).json
    expect({ default: name, plans }).toEqual({ default: anew.default, plans: anew.plans })

    // What was exported before brings it all back.
    await choose(text)
    await dialog.getByRole('button', { name: 'Replace' }).click()
    await dialog.waitFor({ state: 'detached' })
    expect((await service.ask('GET', 'plans')).json).toMatchObject(PLANS)
  })
}
