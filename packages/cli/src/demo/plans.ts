import type { Quota, TokenBucket } from '@headgate/core'
import { definePlans, type Plan } from '@headgate/plans'

/** A plan's name. */
export type PlanName = 'free' | 'basic' | 'premium' | 'enterprise'

/** The demo's plans. All clients ask for about the same; what they get is their plan's. */
export const PLANS: {
  readonly [P in PlanName]: Plan<{ readonly rate: TokenBucket; readonly daily: Quota }>
} = definePlans({
  free: { rate: { limit: 2, per: '1s' }, burst: 5, daily: 20 },
  basic: { rate: { limit: 5, per: '1s' }, burst: 10, daily: 1_000 },
  premium: { rate: { limit: 10, per: '1s' }, burst: 20, daily: 20_000 },
  enterprise: { rate: { limit: 30, per: '1s' }, burst: 60, daily: 500_000 },
})

/** In the order in which they are shown. */
export const PLAN_NAMES: readonly PlanName[] = Object.keys(PLANS) as PlanName[]

/** The API keys of the demo's clients, and their plans. */
export const CLIENTS: ReadonlyMap<string, PlanName> = new Map(
  PLAN_NAMES.flatMap((plan) => ['ada', 'ben', 'cleo'].map((name) => [`${plan}-${name}`, plan] as const)),
)
