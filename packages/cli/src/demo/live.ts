import { describeLimit } from '../replay/policy.ts'
import { count, share } from '../replay/text.ts'
import { type Paint, padLeft, padRight } from '../terminal.ts'
import type { Answer } from './load.ts'
import { PLAN_NAMES, PLANS, type PlanName } from './plans.ts'

interface Figures {
  requests: number
  denied: number
}

/** Figures by plan, on a terminal kept up to date in place, elsewhere a line now and then. */
export interface LiveTable {
  add(answer: Answer): void
  /** Starts to show them. */
  start(): void
  /** Shows them for the last time. */
  stop(): void
  readonly requests: number
  /** An answer that denied, to show what one looks like. */
  readonly denial: Answer | undefined
}

const BAR = 24
const REDRAW_MS = 200

/** @see {@link LiveTable} */
export function liveTable(out: NodeJS.WriteStream, paint: Paint, seconds: number): LiveTable {
  const figures = new Map<PlanName, Figures>(PLAN_NAMES.map((plan) => [plan, { requests: 0, denied: 0 }]))
  let denial: Answer | undefined
  let timer: NodeJS.Timeout | undefined
  let drawn = 0
  let started = 0
  const passed = () => `${((performance.now() - started) / 1_000).toFixed(1)} s`

  const draw = (): void => {
    const lines = tableOf(figures, paint, passed())
    if (drawn > 0) out.write(`\x1b[${drawn}A`)
    out.write(lines.map((line) => `\x1b[2K${line}\n`).join(''))
    drawn = lines.length
  }
  const say = (): void => {
    const parts = [...figures].map(
      ([plan, { requests, denied }]) => `${plan} ${requests - denied}/${requests}`,
    )
    out.write(`  after ${passed()}, allowed of all: ${parts.join('  ')}\n`)
  }

  return {
    add(answer) {
      const own = figures.get(answer.plan) as Figures
      own.requests++
      if (answer.status !== 429) return
      own.denied++
      denial = answer
    },
    start() {
      started = performance.now()
      if (out.isTTY) draw()
      timer = setInterval(out.isTTY ? draw : say, out.isTTY ? REDRAW_MS : (seconds * 1_000) / 4)
    },
    stop() {
      clearInterval(timer)
      if (out.isTTY) draw()
      else out.write(`\n${tableOf(figures, paint, passed()).join('\n')}\n`)
    },
    get requests() {
      return [...figures.values()].reduce((sum, { requests }) => sum + requests, 0)
    },
    get denial() {
      return denial
    },
  }
}

function tableOf(figures: ReadonlyMap<PlanName, Figures>, paint: Paint, passed: string): string[] {
  const most = Math.max(1, ...[...figures.values()].map(({ requests }) => requests))
  const head = `  ${padRight('plan', 12)}${padLeft('requests', 9)}${padLeft('allowed', 9)}${padLeft('denied', 16)}`
  return [
    paint.dim(`${head}  ${padRight('█ 200  ░ 429', BAR + 2)}limits`),
    ...[...figures].map(([plan, { requests, denied }]) => {
      const full = Math.round((requests / most) * BAR)
      const bad = denied === 0 ? 0 : Math.max(1, Math.round((denied / requests) * full))
      const bar = paint.good('█'.repeat(full - bad)) + paint.bad('░'.repeat(bad)) + ' '.repeat(BAR - full)
      const { rate, daily } = PLANS[plan].limits
      const limits = `${describeLimit(rate).replace('token-bucket ', '')}, ${count(daily.limit)}/${daily.per}`
      return (
        `  ${padRight(plan, 12)}${padLeft(count(requests), 9)}${padLeft(count(requests - denied), 9)}` +
        `${padLeft(count(denied), 8)}${padLeft(share(denied, requests), 8)}  ${bar}  ${limits}`
      )
    }),
    paint.dim(`  ${padRight('', 12)}${padLeft(passed, 9)}`),
  ]
}
