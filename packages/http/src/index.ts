export { type Address, parseAddress } from './address/address.ts'
export { type AddressList, createAddressList } from './address/address-list.ts'
export {
  type AddressOptions,
  type AddressReader,
  createAddressReader,
  type ForwardedFieldName,
  type Proxies,
} from './address/address-reader.ts'
export { createFieldWriter } from './fields/create-field-writer.ts'
export type { FieldStyle } from './fields/field-style.ts'
export type { Field, FieldWriter, Policy, Standing } from './fields/field-writer.ts'
export { createPartitioner } from './fields/partitioner.ts'
export { policyOf } from './fields/policy-of.ts'
export { retryAfterSeconds } from './fields/retry-after.ts'
export { createGuard, type Guard } from './guard.ts'
export type {
  GuardOptions,
  GuardSettings,
  HeaderOptions,
  LimitsOptions,
  NamedLimits,
} from './guard-options.ts'
export type { Host } from './host.ts'
export type { Maybe } from './maybe.ts'
export { carryOut, type NodeRequest, type NodeResponse, nodeHost, settleWhenSent } from './node-host.ts'
export type { Answer, Violation } from './problem/answer.ts'
export { plainDenial, plainForbidden } from './problem/plain-json.ts'
export { forbidden, quotaExceeded, temporaryReducedCapacity } from './problem/problem-details.ts'
export { createRouteOptions, type RouteOptions } from './route-options.ts'
export type { Denial, Finished, Reply, ReplyBody, Verdict } from './verdict.ts'
export {
  type FetchGuardOptions,
  type FetchHandler,
  fetchHost,
  finishResponse,
  type LimitedHandler,
  replyWith,
  withRateLimit,
} from './with-rate-limit.ts'
