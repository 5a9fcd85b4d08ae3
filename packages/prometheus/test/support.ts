import { type Check, HeadgateError, type Store } from '@headgate/core'
import { memoryStore } from '@headgate/memory'
import { Registry } from 'prom-client'
import { createMetrics, type Metrics, type MetricsOptions } from '../src/index.ts'

/** Metrics in a registry of their own. */
export function ownMetrics(options: MetricsOptions = {}): Metrics {
  return createMetrics({ register: new Registry(), ...options })
}

/** What a text of metrics says: each series as `name{label="value",…}`, labels in the order of their names. */
export function parse(text: string): ReadonlyMap<string, number> {
  const series = new Map<string, number>()
  for (const line of text.split('\n')) {
    const parts = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/.exec(line)
    if (parts === null) continue
    const labels = [...(parts[2] ?? '').matchAll(/\w+="(?:[^"\\]|\\.)*"/g)].map(([label]) => label)
    const key = `${parts[1]}{${labels.sort().join()}}`
    if (series.has(key)) throw new Error(`${key} is there twice`)
    series.set(key, Number(parts[3]))
  }
  return series
}

export async function read({ register }: Metrics): Promise<ReadonlyMap<string, number>> {
  return parse(await register.metrics())
}

/** The series of one metric that aren't 0, by what is between the braces. */
export async function valuesOf(metrics: Metrics, name: string): Promise<Record<string, number>> {
  const found: Record<string, number> = {}
  for (const [key, value] of await read(metrics)) {
    if (key.startsWith(`headgate_${name}{`) && value !== 0)
      found[key.slice(key.indexOf('{') + 1, -1).replaceAll('"', '')] = value
  }
  return found
}

/** A memory store that can be made to fail, and answers only later: as if it were on the network. */
export function remoteStore(): Store & { fail: unknown } {
  const { name, decide, adjust, delete: forget, close } = memoryStore()
  const store = {
    name,
    fail: undefined as unknown,
    decide: (checks: readonly Check[], now?: number) =>
      store.fail === undefined ? decide(checks, now) : Promise.reject(store.fail),
    adjust: (...args: Parameters<Store['adjust']>) =>
      store.fail === undefined ? adjust(...args) : Promise.reject(store.fail),
    delete: (...args: Parameters<Store['delete']>) =>
      store.fail === undefined ? forget(...args) : Promise.reject(store.fail),
    close,
  }
  return store
}

export function storeFailed(): HeadgateError {
  return new HeadgateError({ code: 'STORE_FAILED', message: 'No connection', fix: 'Look after it' })
}
