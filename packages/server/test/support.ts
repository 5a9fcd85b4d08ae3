import { type ManualClock, manualClock } from '@headgate/core'
import { memoryStore } from '@headgate/memory'
import type { PlanOptions } from '@headgate/plans'
import { createUsage, memoryLedger, type Usage } from '@headgate/usage'
import { onTestFinished } from 'vitest'
import {
  createService,
  memoryRegistry,
  type Registry,
  type Service,
  type ServiceOptions,
} from '../src/index.ts'

export const TOKENS = {
  decide: 'decide-0123456789abcdef',
  read: 'read-0123456789abcdef',
  manage: 'manage-0123456789abcdef',
} as const

/** An answer of the service. */
interface Reply {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  // biome-ignore lint/suspicious/noExplicitAny: what is in it is what a test looks at
  readonly json: any
}

export interface Running {
  readonly service: Service
  readonly url: string
  readonly clock: ManualClock
  readonly registry: Registry
  readonly usage: Usage
  /** Asks with the token of `manage`, unless told. */
  ask(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Reply>
}

export const PLANS = {
  free: { rate: { limit: 2, per: '1m' }, daily: 100 },
  pro: { extends: 'free', rate: { limit: 10, per: '1m' }, daily: 1_000, priority: 5 },
} as const

/** 2026-03-10, noon by UTC. */
export const NOON: number = Date.UTC(2026, 2, 10, 12) * 1_000

/** A service on a port of its own, by a clock that stands; it goes with the test. */
export async function start(options: Partial<ServiceOptions> = {}): Promise<Running> {
  const clock = manualClock(NOON)
  const registry = options.registry ?? memoryRegistry({ default: 'free', plans: PLANS })
  const usage = createUsage({ ledger: memoryLedger(), clock, onError: () => {} })
  const service = await createService({
    store: memoryStore({ clock }),
    registry,
    usage,
    clock,
    tokens: Object.entries(TOKENS).map(([scope, token]) => ({
      name: `the-${scope}r`,
      scope: scope as keyof typeof TOKENS,
      token,
    })),
    poll: 20,
    ...options,
  })
  const url = await service.listen({ port: 0 })
  onTestFinished(async () => {
    await service.close()
    await usage.close()
  })
  const ask: Running['ask'] = async (method, path, body, headers = {}) => {
    const response = await fetch(url + path, {
      method,
      headers: {
        authorization: `Bearer ${TOKENS.manage}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const text = await response.text()
    const isJson = /json/.test(response.headers.get('content-type') ?? '')
    return {
      status: response.status,
      headers: response.headers,
      text,
      json: isJson ? JSON.parse(text) : undefined,
    }
  }
  return { service, url, clock, registry, usage, ask }
}

/** Plans of which the first is the default. */
export function registryOf(plans: { readonly [name: string]: PlanOptions }): Registry {
  return memoryRegistry({ default: Object.keys(plans)[0] ?? '', plans })
}
