import type { Competitor } from './competitor.ts'

/** Who takes part, in the order of the tables. Each is loaded only in the process that measures it. */
export const COMPETITORS: { readonly [name: string]: () => Promise<Competitor> } = {
  floor: async () => (await import('./floor.ts')).floorSync,
  'floor, awaited': async () => (await import('./floor.ts')).floorAwaited,
  'headgate, sync': async () => (await import('./headgate.ts')).headgateSync,
  'headgate, awaited': async () => (await import('./headgate.ts')).headgateAwaited,
  'rate-limiter-flexible, awaited': async () =>
    (await import('./rate-limiter-flexible.ts')).rateLimiterFlexible,
  'express-rate-limit store, awaited': async () => (await import('./express-rate-limit.ts')).expressRateLimit,
  'limiter, sync': async () => (await import('./limiter.ts')).limiter,
}

export async function loadCompetitor(name: string): Promise<Competitor> {
  const load = COMPETITORS[name]
  if (load === undefined) throw new Error(`there is no competitor "${name}"`)
  return load()
}
