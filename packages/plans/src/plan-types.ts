import type { Limit, Quota, TokenBucket } from '@headgate/core'
import type { Plan } from './plan.ts'

/** Plans of the names and with the limits that `All` says, as {@link definePlans} was told it. */
export type PlansOf<All> = { readonly [Name in keyof All & string]: Plan<LimitsOf<Fields<All, Name>>> }

/** A plan's fields, those of the plan it begins as included. */
type Fields<All, Name extends keyof All> = All[Name] extends {
  readonly extends: infer Base extends keyof All
}
  ? Over<Fields<All, Base>, All[Name]>
  : All[Name]

type Over<Base, Own> = Omit<Base, keyof Own | 'limits'> &
  Omit<Own, 'limits'> & { readonly limits: Omit<Others<Base>, keyof Others<Own>> & Others<Own> }

type Others<Of> = Of extends { readonly limits: infer Own extends object } ? Own : Nothing

type LimitsOf<Of> = {
  readonly [Name in keyof Made<Of>]: Made<Of>[Name] extends Limit ? Made<Of>[Name] : never
}

type Made<Of> = (Of extends { readonly rate: object } ? { readonly rate: TokenBucket } : Nothing) &
  (Of extends { readonly daily: number } ? { readonly daily: Quota } : Nothing) &
  (Of extends { readonly monthly: number } ? { readonly monthly: Quota } : Nothing) & {
    readonly [Name in keyof Others<Of> as Others<Of>[Name] extends null ? never : Name]: Others<Of>[Name]
  }

// biome-ignore lint/complexity/noBannedTypes: no field at all, which adds none to an intersection
type Nothing = {}
