import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { ownMetrics } from './support.ts'

const { register } = ownMetrics()
const known = register.getMetricsAsArray().map(({ name }) => name)

function namesIn(file: string): string[] {
  const text = readFileSync(new URL(`../${file}`, import.meta.url), 'utf8')
  return [...new Set(text.match(/headgate_\w{2,}/g))].map((name) =>
    name.replace(/(seconds)_(bucket|sum|count)$/, '$1'),
  )
}

test('alerts ask for metrics that there are', () => {
  expect(namesIn('alerts.yml').length).toBeGreaterThan(3)
  expect(known).toEqual(expect.arrayContaining(namesIn('alerts.yml')))
})

test('the README has all metrics, and no others', () => {
  expect(new Set(namesIn('README.md'))).toEqual(new Set(known))
})

test('names are as Prometheus has them: a counter ends in _total, and nothing else does', async () => {
  for (const { name, type, help } of await register.getMetricsAsJSON()) {
    expect([name, `${type}` === 'counter']).toEqual([name, name.endsWith('_total')])
    expect(help).not.toBe('')
  }
})
