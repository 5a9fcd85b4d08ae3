import { type Paint, padLeft, padRight, plain } from '../terminal.ts'
import { chart } from './chart.ts'
import { SHARED_KEY } from './event.ts'
import { describeLimits } from './policy.ts'
import type { PlanResult, PolicyResult, ReplayResult, Verdicts } from './result.ts'
import { clockTime, count, share, span } from './text.ts'

const WIDTH = 100

/** How much of a policy's details {@link report} shows. */
export interface ReportSize {
  /** Of the most denied keys. 10 unless told. */
  readonly top?: number
  /** Of the chart over time. 16 unless told. */
  readonly rows?: number
}

/**
 * A result in words and figures, at most 100 columns wide, without a newline at the end.
 *
 * @example
 * ```ts
 * import { noPaint, type ReplayResult, report } from '@headgate/cli'
 *
 * const print = (result: ReplayResult) => console.log(report(result, noPaint, { top: 5 }))
 * ```
 */
export function report(result: ReplayResult, paint: Paint, size: ReportSize = {}): string {
  const { policies } = result
  const title = `${paint.bold('headgate replay')}  ${plain(result.sources.join(', '), WIDTH - 30)} (${result.format})`
  const blocks = [[title, ...head(result)]]
  if (policies.length > 1) blocks.push(comparison(result, paint))
  policies.forEach((policy, i) => {
    blocks.push(policyBlock(result, policy, i, paint, size))
  })
  return blocks.map((lines) => lines.join('\n')).join('\n\n')
}

function head(result: ReplayResult): string[] {
  const { requests, relative, firstEvent, lastEvent, keys, keysEstimated, fields, malformed, late } = result
  const lines: [string, string][] = []
  const time =
    firstEvent === undefined || lastEvent === undefined
      ? ''
      : ` in ${span(lastEvent - firstEvent)}, ${clockTime(firstEvent, relative)} to ${clockTime(lastEvent, relative)}${relative ? '' : ' UTC'}`
  lines.push(['events', `${count(requests)}${time}`])
  const by =
    fields.key.length > 0
      ? `by ${plain(fields.key.join(', '), 60)}`
      : `no --key, so all share one ("${SHARED_KEY}")`
  lines.push(['keys', `${keysEstimated ? 'about ' : ''}${count(keys)}, ${by}`])
  const numbers =
    result.numbers === undefined
      ? ''
      : `; numbers are ${UNIT[result.numbers]} since ${relative ? 'the start' : '1970'}`
  lines.push(['time', `${plain(fields.time ?? 'none', 40)}${numbers}`])
  if (fields.cost.length > 0) lines.push(['cost', plain(fields.cost.join(' + '), 60)])
  lines.push(['malformed', count(malformed)])
  for (const { source, line, reason } of result.malformedExamples) {
    const where = result.sources.length > 1 ? `${plain(source, 30)}, line ${line}` : `line ${line}`
    lines.push(['', `${where}: ${plain(reason, WIDTH - 18 - where.length)}`])
  }
  if (late.events > 0) {
    lines.push([
      'out of order',
      `${count(late.events)}, up to ${span(late.most)} behind the latest time seen; decided at that time`,
    ])
  }
  if (result.overflowed > 0) {
    const text = `${count(result.overflowed)} charges went to shared entries: more live keys than --max-keys`
    lines.push(['memory full', text])
  }
  if (result.interrupted) lines.push(['interrupted', 'this is what was read until then'])
  return lines.map(([label, text]) => `  ${padRight(label, 14)}${text}`)
}

const UNIT = { s: 'seconds', ms: 'milliseconds', us: 'microseconds' } as const

/** The policies side by side. */
function comparison({ policies, requests, fields }: ReplayResult, paint: Paint): string[] {
  const costs = fields.cost.length > 0
  const columns = ['allowed', '', 'denied', '', 'keys denied', ...(costs ? ['cost allowed'] : [])]
  const rows = policies.map((policy) => [
    count(policy.allowed),
    share(policy.allowed, requests),
    count(policy.denied),
    share(policy.denied, requests),
    keysDenied(policy),
    ...(costs ? [share(policy.cost.allowed, policy.cost.allowed + policy.cost.denied)] : []),
  ])
  const widths = columns.map(
    (title, i) => Math.max(title.length, ...rows.map((row) => (row[i] as string).length)) + 2,
  )
  const line = (cells: readonly string[]) =>
    cells.map((cell, i) => padLeft(cell, widths[i] as number)).join('')
  const nameWidth = Math.min(
    WIDTH - 6 - widths.reduce((a, b) => a + b, 0),
    Math.max(...policies.map(({ name }) => plain(name).length)),
  )
  return [
    paint.dim(`  ${padRight('side by side', nameWidth + 3)}${line(columns)}`),
    ...policies.map(({ name }, i) => {
      return `  ${i + 1}  ${padRight(plain(name, nameWidth), nameWidth)}${line(rows[i] as string[])}`
    }),
  ]
}

function policyBlock(
  result: ReplayResult,
  policy: PolicyResult,
  index: number,
  paint: Paint,
  { top = 10, rows = 16 }: ReportSize,
): string[] {
  const { requests, relative, timeline, policies, fields } = result
  const { name, limits, allowed, denied, deniedBy, cost, delayed } = policy
  const number = policies.length > 1 ? `${index + 1}  ` : ''
  const described = limits === undefined ? name : describeLimits(limits)
  const lines = [`${number}${paint.bold(plain(name, WIDTH - 4))}`]
  if (described !== name) lines.push(`  ${plain(described, WIDTH - 2)}`)

  const width = Math.max(count(allowed).length, count(denied).length)
  const costs = fields.cost.length > 0
  const row = (label: string, events: number, units: number) =>
    `  ${padRight(label, 14)}${padLeft(count(events), width)}${padLeft(share(events, requests), 8)}` +
    (costs ? `   cost ${count(units)} (${share(units, cost.allowed + cost.denied)})` : '')
  lines.push(paint.good(row('allowed', allowed, cost.allowed)))
  lines.push(denied > 0 ? paint.bad(row('denied', denied, cost.denied)) : row('denied', denied, cost.denied))
  if (denied > 0) {
    const parts = Object.entries(deniedBy).map(([limit, n]) => `${limit} ${count(n)} (${share(n, denied)})`)
    lines.push(`  ${padRight('denied by', 14)}${plain(parts.join(', '), WIDTH - 16)}`)
  }
  if (policy.neverFits > 0) {
    lines.push(
      `  ${padRight('never fits', 14)}${count(policy.neverFits)} asked for more than a limit ever holds`,
    )
  }
  if (delayed.requests > 0) {
    lines.push(
      `  ${padRight('delayed', 14)}${count(delayed.requests)}, by up to ${span(delayed.longestMs * 1_000)}`,
    )
  }
  if (policy.plans.length > 0) lines.push('', ...byPlan(policy.plans, paint))
  if (policy.topDenied.length > 0) lines.push('', ...topDenied(policy, top, paint))
  if (requests > 0) lines.push('', ...chart(timeline, index, rows, relative, paint))
  return lines
}

function keysDenied({ deniedKeys, slack }: Verdicts): string {
  return `${slack > 0 ? '≥ ' : ''}${count(deniedKeys)}`
}

const BY_PLAN = [12, 12, 8, 14, 12]

/** What became of the requests of each plan. Names come last, as those of keys do. */
function byPlan(plans: readonly PlanResult[], paint: Paint): string[] {
  const line = (cells: readonly string[], name: string) =>
    `  ${cells.map((cell, i) => padLeft(cell, BY_PLAN[i] ?? 0)).join('')}  ${name}`
  return [
    paint.dim(line(['denied', 'of', 'share', 'keys denied', 'of'], 'on plan')),
    ...plans.map((plan) => {
      const { name, requests, denied, keys, keysEstimated } = plan
      const of = `${keysEstimated ? '≈ ' : ''}${count(keys)}`
      const cells = [count(denied), count(requests), share(denied, requests), keysDenied(plan), of]
      return line(cells, plain(name, WIDTH - 62))
    }),
  ]
}

function topDenied({ topDenied, deniedKeys, slack }: PolicyResult, most: number, paint: Paint): string[] {
  const title =
    slack > 0
      ? `most denied (each may be ${count(slack)} more)`
      : `most denied of ${count(deniedKeys)} ${deniedKeys === 1 ? 'key' : 'keys'}`
  // Keys come last: whatever width a terminal gives their characters, the figures stay in line.
  return [
    paint.dim(`  ${padLeft('denied', 12)}${padLeft('of', 12)}${padLeft('share', 8)}  ${title}`),
    ...topDenied.slice(0, most).map(({ key, requests, denied }) => {
      const figures = `${padLeft(count(denied), 12)}${padLeft(count(requests), 12)}${padLeft(share(denied, requests), 8)}`
      return `  ${figures}  ${plain(key, WIDTH - 38)}`
    }),
  ]
}
