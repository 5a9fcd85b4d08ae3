import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { tokenBucket } from '@headgate/core'
import { report } from '../replay/report.ts'
import type { Policy } from '../replay/result.ts'
import { replay } from '../replay/run.ts'
import { fileSource } from '../replay/source.ts'
import { count } from '../replay/text.ts'
import { type Paint, paintFor } from '../terminal.ts'
import { type LiveTable, liveTable } from './live.ts'
import { runLoad } from './load.ts'
import { DEMO_HELP, parseDemo } from './options.ts'
import { CLIENTS, PLAN_NAMES } from './plans.ts'
import { type DemoServer, startServer } from './server.ts'

/** What else might be in force: no plans, one limit for everybody. */
const CANDIDATES: readonly Policy[] = [
  { name: 'one for all, strict', limits: { burst: tokenBucket({ capacity: 10, refill: 5, per: '1s' }) } },
  { name: 'one for all, generous', limits: { burst: tokenBucket({ capacity: 30, refill: 10, per: '1s' }) } },
]

/** `headgate demo`. Resolves with the exit code. */
export async function demoCommand(args: readonly string[]): Promise<number> {
  const asked = parseDemo(args)
  if (asked === undefined) {
    process.stdout.write(DEMO_HELP)
    return 0
  }
  const stop = new AbortController()
  let code = 0
  const onSignal = (_: NodeJS.Signals, number: number): void => {
    code = 128 + number
    stop.abort()
  }
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal)
  const folder = await mkdtemp(join(tmpdir(), 'headgate-demo-'))
  try {
    await demo(folder, asked.seconds, stop.signal)
    return code
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal)
    await rm(folder, { recursive: true, force: true })
  }
}

async function demo(folder: string, seconds: number, signal: AbortSignal): Promise<void> {
  const out = process.stdout
  const paint = paintFor(out)
  const accessLog = join(folder, 'access.jsonl')
  const server = await startServer(join(folder, 'limits.db'), accessLog)
  const table = liveTable(out, paint, seconds)
  try {
    out.write(`${introduction(server, seconds, paint)}\n\n`)
    table.start()
    await runLoad({ port: server.port, seconds, signal, onAnswer: table.add })
  } finally {
    table.stop()
    await server.close()
  }
  out.write(`${afterwards(server, table)}\n`)
  if (signal.aborted) return

  out.write(
    `\n${paint.bold('What would have happened without plans?')} The server wrote an access log: here it is, replayed\n`,
  )
  out.write('through two other policies, in virtual time.\n\n')
  const result = await replay({
    policies: CANDIDATES,
    sources: [{ ...(await fileSource(accessLog)), name: 'access.jsonl' }],
    format: 'jsonl',
    key: ['key'],
    signal,
  })
  out.write(`${report(result, paint, { top: 5, rows: 6 })}\n\n${nextSteps(paint)}\n`)
}

function introduction({ port }: DemoServer, seconds: number, paint: Paint): string {
  return [
    paint.bold('Headgate demo'),
    `An HTTP server runs on 127.0.0.1:${port}. Each request passes two limits of its plan, a token bucket and a daily`,
    `quota, which are kept in a SQLite file. ${CLIENTS.size} clients on ${PLAN_NAMES.length} plans, who all ask for about the same, call it for ${seconds} s.`,
  ].join('\n')
}

function afterwards({ decisionMs }: DemoServer, { denial, requests }: LiveTable): string {
  const sorted = [...decisionMs].sort((a, b) => a - b)
  const median = sorted[Math.floor(sorted.length / 2)] ?? 0
  const lines = [`${count(requests)} requests; a decision took ${median.toFixed(2)} ms at the median.`]
  if (denial !== undefined) {
    lines.push(
      `A denial, to ${denial.key}: ${denial.status}, Retry-After: ${denial.retryAfter}, ${denial.body}`,
    )
  }
  return lines.map((line) => `  ${line}`).join('\n')
}

function nextSteps(paint: Paint): string {
  return [
    paint.bold('Next'),
    '  Try limits on a log (this one comes with the source; yours will do):',
    `    npm start -- replay --limit '{"algorithm":"token-bucket","capacity":5,"refill":20,"per":"1m"}' packages/cli/examples/access.log`,
    '  Run the tests:',
    '    npm test',
    '  Read on:',
    '    docs/ and packages/cli/README.md',
  ].join('\n')
}
