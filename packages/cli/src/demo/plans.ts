import { type Quota, quota, type TokenBucket, tokenBucket } from '@headgate/core'

/** What a plan allows. */
export type PlanLimits = { readonly burst: TokenBucket; readonly daily: Quota }

/** A plan's name. */
export type PlanName = 'free' | 'basic' | 'premium' | 'enterprise'

/** The demo's plans. All clients ask for about the same; what they get is their plan's. */
export const PLANS: { readonly [P in PlanName]: PlanLimits } = {
  free: {
    burst: tokenBucket({ capacity: 5, refill: 2, per: '1s' }),
    daily: quota({ limit: 20, per: 'day' }),
  },
  basic: {
    burst: tokenBucket({ capacity: 10, refill: 5, per: '1s' }),
    daily: quota({ limit: 1_000, per: 'day' }),
  },
  premium: {
    burst: tokenBucket({ capacity: 20, refill: 10, per: '1s' }),
    daily: quota({ limit: 20_000, per: 'day' }),
  },
  enterprise: {
    burst: tokenBucket({ capacity: 60, refill: 30, per: '1s' }),
    daily: quota({ limit: 500_000, per: 'day' }),
  },
}

/** In the order in which they are shown. */
export const PLAN_NAMES: readonly PlanName[] = Object.keys(PLANS) as PlanName[]

/** The API keys of the demo's clients, and their plans. */
export const CLIENTS: ReadonlyMap<string, PlanName> = new Map(
  PLAN_NAMES.flatMap((plan) => ['ada', 'ben', 'cleo'].map((name) => [`${plan}-${name}`, plan] as const)),
)
