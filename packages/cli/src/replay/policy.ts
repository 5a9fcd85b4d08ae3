import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { checkName, invalidOption, type Limit, type Limits, parseLimit } from '@headgate/core'
import { readConfig } from '@headgate/plans/file'
import { plain } from '../terminal.ts'
import { asAssigned } from './assigned.ts'
import type { AssignedPolicy, Policy } from './result.ts'

/**
 * A policy of one limit, named for what it says.
 *
 * @throws {@link HeadgateError} that names `--limit`
 */
export function limitPolicy(json: string): Policy {
  const fix = `For example --limit '${EXAMPLE}', in single quotes`
  const limit = parseLimit(parseJson('--limit', json, fix), '--limit')
  return { name: describeLimit(limit), limits: { [limit.algorithm]: limit } }
}

/**
 * A policy of named limits: `{ "name"?: string, "limits": { "burst": {…}, "daily": {…} } }`.
 *
 * @throws {@link HeadgateError} that names `--policy`, the file and the limit; the system's error if it can't be read
 */
export async function readPolicy(file: string): Promise<Policy> {
  const option = `--policy ${plain(file, 60)}`
  const data = parseJson(
    option,
    await readFile(file, 'utf8'),
    `The file must hold {"limits":{"burst":${EXAMPLE}}}`,
  )
  if (!isRecord(data) || !isRecord(data['limits']) || Object.keys(data['limits']).length === 0) {
    throw invalidOption(option, data, 'an object with named limits', `Write {"limits":{"burst":${EXAMPLE}}}`)
  }
  const unknown = Object.keys(data).find((field) => field !== 'name' && field !== 'limits')
  if (unknown !== undefined)
    throw invalidOption(option, unknown, 'an object of "name" and "limits"', 'Leave it out')
  const { name = basename(file).replace(/\.json$/, '') } = data
  if (typeof name !== 'string' || name === '') {
    throw invalidOption(
      `${option}: name`,
      name,
      "a text that isn't empty",
      'Leave it out for the name of the file',
    )
  }
  const limits: Record<string, Limit> = {}
  for (const [limit, value] of Object.entries(data['limits'])) {
    checkName(limit, `${option}: limits`)
    limits[limit] = parseLimit(value, `${option}: limits.${limit}`)
  }
  return { name, limits }
}

/** What {@link planPolicies} makes of a file. */
export interface PlanChoice {
  /** Only the policy in which each key is on its own plan. */
  readonly onlyAssigned: boolean
  /** What that policy is called. */
  readonly name: string
}

/**
 * The policies of a file of plans, as `@headgate/plans` reads it: everybody on the plan that is theirs, where the file says who is
 * on which; then everybody on one plan after the other.
 *
 * @throws {@link HeadgateError} that names the file and the field; the system's error if it can't be read
 */
export async function planPolicies(
  file: string,
  { onlyAssigned, name }: PlanChoice,
): Promise<readonly (Policy | AssignedPolicy)[]> {
  const config = await readConfig(file)
  const assigned = asAssigned(config, name)
  if (onlyAssigned) return [assigned]
  const each = Object.values(config.plans).map(({ name, limits }) => ({ name, limits }))
  return Object.keys(config.subjects ?? {}).length > 0 ? [assigned, ...each] : each
}

const EXAMPLE = '{"algorithm":"token-bucket","capacity":10,"refill":30,"per":"1m"}'

function parseJson(option: string, text: string, fix: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    throw invalidOption(option, text.trim(), 'JSON', fix)
  }
}

function isRecord(data: unknown): data is Record<string, unknown> {
  return typeof data === 'object' && data !== null && !Array.isArray(data)
}

/** A limit in a few words, such as `token-bucket 30/1m, burst 10`. */
export function describeLimit(limit: Limit): string {
  switch (limit.algorithm) {
    case 'token-bucket':
      return `token-bucket ${limit.refill}/${span(limit.per)}, burst ${limit.capacity}`
    case 'leaky-bucket':
      return `leaky-bucket ${limit.rate}/${span(limit.per)}, queue ${limit.queue}`
    case 'quota':
      return `quota ${limit.limit}/${limit.per}${limit.timeZone === undefined ? '' : ` ${limit.timeZone}`}`
    case 'concurrency':
      return `concurrency ${limit.limit}, lease ${span(limit.lease)}`
    default:
      return `${limit.algorithm} ${limit.limit}/${span(limit.window)}`
  }
}

/** A policy's limits in a few words each. */
export function describeLimits(limits: Limits): string {
  return Object.entries(limits)
    .map(([name, limit]) =>
      name === limit.algorithm ? describeLimit(limit) : `${name}: ${describeLimit(limit)}`,
    )
    .join(' · ')
}

function span(duration: number | string): string {
  return typeof duration === 'number' ? `${duration}ms` : duration
}
