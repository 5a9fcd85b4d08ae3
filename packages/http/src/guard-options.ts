import type { Cost, Decision, Duration, Limit, ResilientOptions, Store, Subject } from '@headgate/core'
import type { AddressOptions } from './address/address-reader.ts'
import type { FieldStyle } from './fields/field-style.ts'
import type { Maybe } from './maybe.ts'
import type { Denial, Finished, ReplyBody } from './verdict.ts'

/** Named limits of which all must allow. */
export type NamedLimits<Name extends string> = { readonly [N in Name]: Limit }

/** Where the limits come from: they are the same for all, picked for each request, or those of the caller's plan. */
export type LimitsOptions<Request, Name extends string> =
  | {
      /** Named limits of which all must allow; or what picks them for a request. */
      readonly limits: NamedLimits<Name> | ((request: Request) => Maybe<{ readonly [N in Name]?: Limit }>)
      readonly plans?: never
      readonly plan?: never
    }
  | {
      readonly limits?: never
      /** Named limits by the name of a plan. Limits of one name are one count: a client that changes its plan keeps what it used. */
      readonly plans: { readonly [plan: string]: { readonly [N in Name]?: Limit } }
      /** The plan of who asks. A name that isn't in `plans` is an error, `UNKNOWN_PLAN`. */
      readonly plan: (request: Request) => Maybe<string>
    }

/** How the header fields are written. */
export interface HeaderOptions<Name extends string> {
  /** One style, or several at once. */
  readonly style: FieldStyle | readonly FieldStyle[]
  /** What a limit counts, where that isn't requests, such as `"content-bytes"`. Only draft-11 tells it. */
  readonly units?: { readonly [N in Name]?: string }
  /** Tells clients which partition they are counted in, by an HMAC of the key under this secret. Only draft-11 tells it. */
  readonly partitionSecret?: string | Uint8Array
}

/** What a guard can be told beside where its limits come from. `Request` is what the framework hands to a middleware. */
export interface GuardSettings<Request, Name extends string> extends AddressOptions {
  readonly store: Store
  /** Keeps the counts of guards that share a store apart. `"default"` unless told. */
  readonly name?: string
  /** Who is counted: one key for all limits, or one for each. The client's address unless told. */
  readonly key?: (request: Request) => Maybe<Subject<NoInfer<Name>>>
  /** What a request costs: a whole number, one for each method (others cost 1), or what is worked out for it. 1 unless told. */
  readonly cost?:
    | number
    | { readonly [method: string]: number }
    | ((request: Request) => Maybe<Cost<NoInfer<Name>>>)
  /**
   * What it came to, told when the response is through: the units are held before and settled then. `undefined` leaves
   * what was held. For limits on failed log-ins, on bytes, on what a query really cost.
   */
  readonly settle?: (finished: Finished, request: Request) => Cost<NoInfer<Name>> | undefined
  /** For how long a response may take before its cost can't be settled any more. Ten minutes unless told. */
  readonly settleWithin?: Duration
  /** Requests that aren't counted. */
  readonly skip?: (request: Request) => Maybe<boolean>
  /** Addresses and ranges (CIDR) that aren't counted. */
  readonly allowList?: readonly string[]
  /** Addresses and ranges (CIDR) that are answered 403. */
  readonly denyList?: readonly string[]
  /**
   * Limits that are only tried out: `true` for all, names, or for each the percentage of keys for which it is enforced
   * already. Clients aren't told of a limit that isn't enforced for them.
   */
  readonly shadow?:
    | boolean
    | readonly NoInfer<Name>[]
    | { readonly [N in NoInfer<Name>]?: { readonly enforced: number } }
  /** Under a leaky bucket an admitted request waits for its turn. Without it, it goes on at once. */
  readonly delay?: boolean
  /** Limits that stand for the service's own capacity and not for the client's share: they deny by 503. */
  readonly capacity?: readonly NoInfer<Name>[]
  /** Which header fields tell clients where they stand; `false` for none. `"draft-11"` unless told. */
  readonly headers?: FieldStyle | readonly FieldStyle[] | HeaderOptions<NoInfer<Name>> | false
  /** What a denial says: RFC 9457 problem details unless told, a small JSON object, or what you make of it. */
  readonly body?: 'problem' | 'json' | ((denial: Denial<NoInfer<Name>>, request: Request) => ReplyBody)
  /**
   * Who decides when the store can't, and how long it may take: see `resilient` in core. Without it the store's error goes
   * to the framework's error handler.
   */
  readonly failure?: 'allow' | 'deny' | ResilientOptions
  /** Told of every decision. What it throws is the request's error. */
  readonly onDecision?: (decision: Decision<Name>, request: Request) => void
  /** Told of every denial by a limit. (The deny list isn't one.) */
  readonly onLimited?: (decision: Decision<Name>, request: Request) => void
  /** Told what can't be told to a request: that a set-up looks wrong, that a settlement failed. `console.warn` unless told. */
  readonly onWarning?: (warning: Error) => void
}

/** Options of a guard. */
export type GuardOptions<Request, Name extends string = string> = LimitsOptions<Request, Name> &
  GuardSettings<Request, Name> & {
    /** The address of the socket's other end, where the framework doesn't know it: say what the platform says. */
    readonly address?: (request: Request) => string | undefined
  }
