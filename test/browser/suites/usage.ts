import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import {
  cellsOf,
  eventually,
  type Open,
  proxied,
  type Running,
  serve,
  settled,
  textOf,
  visit,
} from '../support.ts'

/** Two customers over two months, some of it at an hour that lies in another month by the clocks of Berlin. */
async function used(): Promise<Running> {
  const service = await serve()
  const record = (subject: string, plan: string, at: string, units: number, allowed = true) =>
    service.usage.record({ subject, plan, units, allowed, at: Date.parse(at) * 1_000 })
  record('acme', 'pro', '2026-02-10T10:00:00Z', 1_000)
  record('acme', 'pro', '2026-02-28T23:30:00Z', 20)
  record('acme', 'pro', '2026-03-01T10:00:00Z', 300)
  record('acme', 'pro', '2026-03-01T11:00:00Z', 5, false)
  record('=globex', 'free', '2026-03-02T10:00:00Z', 7)
  await service.usage.flush()
  return service
}

const MARCH = 'usage?range=custom&first=2026-03-01&last=2026-03-31'

export function usage(open: Open): void {
  test('shows what was counted, by period and group, as the API tells it', async () => {
    const service = await used()
    const page = await open(service, { at: `${MARCH}&group=subject,plan` })
    expect(await cellsOf(page)).toEqual([
      ['2026-03-01', 'acme', 'pro', '1', '1', '300', '5'],
      ['2026-03-02', '=globex', 'free', '1', '0', '7', '0'],
    ])
    expect(await textOf(page, 'tfoot')).toMatch(/All\s+2\s+1\s+307\s+5/)
    await page.getByRole('img', { name: '2026-03-01 to 2026-03-31: 2 requests allowed, 1 denied.' }).waitFor()
    const { rows } = (
      await service.ask('GET', 'usage?from=2026-03-01&to=2026-04-01&by=day&groupBy=subject,plan')
    ).json
    expect(rows.map(({ subject, units }: { subject: string; units: number }) => [subject, units])).toEqual([
      ['acme', 300],
      ['=globex', 7],
    ])

    await page.getByLabel('Chart of').selectOption('units')
    await page.getByRole('img', { name: /307 units allowed, 5 denied/ }).waitFor()
    await page.getByLabel('By', { exact: true }).selectOption('hour')
    await expect
      .poll(async () => (await cellsOf(page)).map(([at]) => at), eventually)
      .toEqual(['2026-03-01 10:00', '2026-03-01 11:00', '2026-03-02 10:00'])
    await page.getByLabel('By', { exact: true }).selectOption('total')
    await expect
      .poll(async () => (await cellsOf(page)).map(([name]) => name), eventually)
      .toEqual(['=globex', 'acme'])
    for (const group of ['customer', 'plan']) await page.getByRole('checkbox', { name: group }).uncheck()
    await expect.poll(() => cellsOf(page), eventually).toEqual([['2', '1', '307', '5']])
  })

  test('months begin where one says, and only what is asked for is counted', async () => {
    const page = await open(await used(), { at: `${MARCH}&by=month&group=subject` })
    expect((await cellsOf(page)).map((cells) => cells.slice(0, 3))).toEqual([
      ['2026-03', '=globex', '1'],
      ['2026-03', 'acme', '1'],
    ])
    await page.getByLabel('Time zone').fill('Europe/Berlin')
    await expect
      .poll(async () => (await cellsOf(page))[1]?.slice(0, 5), eventually)
      .toEqual(['2026-03', 'acme', '2', '1', '320'])
    await page.getByLabel('Time zone').fill('Europe/Nowhere')
    await page.getByText('No such zone').waitFor()
    await page.getByLabel('Time zone').fill('UTC')
    await page.getByLabel('Customer', { exact: true }).fill('=globex')
    await expect
      .poll(async () => (await cellsOf(page)).map(([, name]) => name), eventually)
      .toEqual(['=globex'])
    await page.getByRole('textbox', { name: 'Plan' }).fill('pro')
    await page.getByText('Nothing was counted in this time').waitFor()
    await page.reload()
    await settled(page)
    expect(await page.getByLabel('Customer', { exact: true }).inputValue()).toBe('=globex')
  })

  test('ranges are those of today', async () => {
    const service = await serve()
    await service.consume('acme', 3)
    const page = await open(service, { at: 'usage?range=today' })
    const today = new Date().toISOString().slice(0, 10)
    expect((await cellsOf(page)).at(-1)?.slice(1)).toEqual(['requests', '3', '0', '3', '0'])
    expect((await cellsOf(page))[0]?.[0]).toMatch(/^\d{4}-\d\d-\d\d \d\d:00$/)
    for (const range of ['7days', '30days', 'month']) {
      await page.getByLabel('Range').selectOption(range)
      await expect.poll(async () => (await cellsOf(page))[0]?.[0], eventually).toBe(today)
    }
    await page.getByLabel('Range').selectOption('last-month')
    await page.getByText('Nothing was counted in this time').waitFor()
  })

  test('part of a month is not called the month, and an hour that comes twice is one', async () => {
    const service = await used()
    for (const at of ['2026-10-25T00:15:00Z', '2026-10-25T01:15:00Z'])
      service.usage.record({ subject: 'acme', units: 1, allowed: true, at: Date.parse(at) * 1_000 })
    await service.usage.flush()
    const page = await open(service, {
      at: 'usage?range=custom&first=2026-02-10&last=2026-03-01&by=month&group=-',
    })
    const first = async () => (await cellsOf(page)).map(([start]) => start)
    expect(await first()).toEqual(['2026-02-10 to 2026-02-28', '2026-03-01 to 2026-03-01'])
    await page.getByRole('img', { name: /^2026-02-10 to 2026-03-01: / }).waitFor()
    await visit(
      page,
      'usage?range=custom&first=2026-10-25&last=2026-10-25&by=hour&group=-&zone=Europe/Berlin',
    )
    expect(await first()).toEqual(['2026-10-25 02:00'])
    await page.getByRole('img', { name: /^2026-10-25: 2 requests allowed/ }).waitFor()
  })

  test('the CSV is the service’s own, of what is shown', async () => {
    const service = await used()
    const page = await open(service, { at: `${MARCH}&by=month&group=subject,plan&zone=Europe%2FBerlin` })
    const download = page.waitForEvent('download')
    await page.getByRole('button', { name: 'Download CSV' }).click()
    const file = await download
    expect(file.suggestedFilename()).toBe('usage-2026-03-01-2026-04-01.csv')
    const text = await readFile(await file.path(), 'utf8')
    expect(text.split('\r\n')).toEqual([
      'start,end,subject,meter,plan,requests,denied,units,denied_units',
      "2026-03-01T00:00:00+01:00,2026-04-01T00:00:00+02:00,'=globex,,free,1,0,7,0",
      '2026-03-01T00:00:00+01:00,2026-04-01T00:00:00+02:00,acme,,pro,2,1,320,5',
      '',
    ])
    const query = 'from=2026-03-01&to=2026-04-01&by=month&timeZone=Europe/Berlin&groupBy=subject,plan'
    expect(text).toBe((await service.ask('GET', `usage.csv?${query}`)).text)
  })

  test('a service that keeps none says so', async () => {
    const page = await open(await serve({ keepsUsage: false }), { at: 'usage' })
    await page.getByText('This service keeps no usage').waitFor()
    await visit(page, 'customers/acme')
    await page.getByText('This service keeps no usage').waitFor()
  })

  test('the fields say what the address asks for, however one comes there', async () => {
    const page = await open(await used(), { at: `${MARCH}&subject=acme&zone=Asia%2FKolkata` })
    const field = (name: string) => page.getByLabel(name, { exact: true }).inputValue()
    expect(await field('Customer')).toBe('acme')
    await page.getByRole('link', { name: 'Usage' }).click()
    await expect.poll(() => field('Customer'), eventually).toBe('')
    expect(await field('Time zone')).toBe('UTC')
    await page.goBack()
    await expect.poll(() => field('Customer'), eventually).toBe('acme')
    expect(await field('Time zone')).toBe('Asia/Kolkata')

    await visit(page, 'customers?prefix=glo')
    expect(await field('Id begins with')).toBe('glo')
    await page.getByRole('link', { name: 'Customers' }).click()
    await expect.poll(() => field('Id begins with'), eventually).toBe('')
  })

  test('a chart says the same of all it shows wherever the pointer is, and counts every hour of it', async () => {
    const page = await open(await used(), {
      at: 'usage?range=custom&first=2026-02-01&last=2026-04-30&by=hour&show=units',
    })
    // More than two thousand hours.
    const chart = page.getByRole('img', { name: /1,327 units allowed, 5 denied/ })
    await chart.waitFor()
    const { x = 0, y = 0, width = 0 } = (await chart.boundingBox()) ?? {}
    await page.mouse.move(x + width / 2, y + 80)
    await expect.poll(() => textOf(page, '.legend-title'), eventually).toMatch(/2:00|3:00|\d:00/)
    await chart.waitFor()
    expect(await page.getByRole('img', { name: /1,327 units allowed, 5 denied/ }).count()).toBe(1)
  })

  test('columns of the sums are those of what is summed, also where nothing tells rows apart', async () => {
    const page = await open(await used(), { at: `${MARCH}&by=total&group=-` })
    const columns = (part: string) => page.locator(`${part} tr`).first().locator('> *').count()
    expect(await columns('thead')).toBe(4)
    expect(await columns('tfoot')).toBe(4)
  })

  test('a CSV is asked for once, however often one clicks', async () => {
    const proxy = await proxied(await used())
    const page = await open(proxy, { at: MARCH })
    let asked = 0
    let release = () => {}
    const held = new Promise<undefined>((resolve) => {
      release = () => resolve(undefined)
    })
    proxy.before = ({ url }) => {
      if (!url?.includes('usage.csv')) return undefined
      asked++
      return held
    }
    const download = page.waitForEvent('download')
    const button = page.getByRole('button', { name: 'Download CSV' })
    await button.dblclick()
    expect(await button.isDisabled()).toBe(true)
    release()
    await download
    await expect.poll(() => button.isEnabled(), eventually).toBe(true)
    expect(asked).toBe(1)
  })
}
