import type { ServiceOptions } from '@headgate/server'

/** What a service begins with that has no plans yet, for its owner to change. */
export const EXAMPLE_PLANS: NonNullable<ServiceOptions['seed']> = {
  default: 'free',
  plans: {
    free: { rate: { limit: 60, per: '1m' }, burst: 30, daily: 1_000, monthly: 10_000 },
    basic: { rate: { limit: 300, per: '1m' }, burst: 50, daily: 10_000, monthly: 200_000, priority: 10 },
    premium: {
      rate: { limit: 1_200, per: '1m' },
      burst: 200,
      daily: 100_000,
      monthly: 2_000_000,
      priority: 20,
    },
    enterprise: {
      rate: { limit: 6_000, per: '1m' },
      burst: 1_000,
      daily: 2_000_000,
      monthly: 50_000_000,
      priority: 30,
    },
  },
}
