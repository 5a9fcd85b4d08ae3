import { readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism, loadavg } from 'node:os'
import { type Options, readOptions } from './options.ts'
import { putResults } from './readme.ts'
import { FULL, QUICK, type Scenario } from './scenario.ts'
import { bytesScenario } from './suites/bytes.ts'
import { dynamodbScenarios } from './suites/dynamodb.ts'
import { httpScenarios } from './suites/http.ts'
import { memoryScenarios } from './suites/memory.ts'
import { postgresScenarios } from './suites/postgres.ts'
import { redisScenarios } from './suites/redis.ts'
import { replayScenario } from './suites/replay.ts'
import { sqliteScenarios } from './suites/sqlite.ts'
import { wrappedScenarios } from './suites/wrapped.ts'
import type { Section } from './table.ts'

const SCENARIOS: readonly Scenario[] = [
  ...memoryScenarios,
  bytesScenario,
  ...sqliteScenarios,
  ...redisScenarios,
  ...wrappedScenarios,
  ...postgresScenarios,
  ...dynamodbScenarios,
  ...httpScenarios,
  replayScenario,
]
const README = new URL('../README.md', import.meta.url)

try {
  const args = process.argv.slice(2)
  const options = readOptions(args, SCENARIOS)
  if (options.list) for (const { suite, name } of SCENARIOS) console.log(`${suite}\t${name}`)
  else await bench(options, args)
} catch (error) {
  const message = error instanceof Error ? error.message : String(error)
  console.error(`headgate bench: ${message}`)
  if (/Cannot find (module|package)/.test(message)) console.error('Build the packages first: npm run build')
  process.exitCode = 1
}

async function bench({ chosen, quick, write }: Options, args: readonly string[]): Promise<void> {
  const sections: Section[] = []
  const load = loadavg()[0] as number
  for (const { name, run } of chosen) {
    const from = performance.now()
    process.stderr.write(`${name} … `)
    sections.push(await run(quick ? QUICK : FULL))
    process.stderr.write(`${((performance.now() - from) / 1_000).toFixed(1)} s\n`)
  }
  const results = report(sections, { quick, load, args })
  console.log(`\n${results}`)
  if (write) writeFileSync(README, putResults(readFileSync(README, 'utf8'), results))
}

interface Circumstances {
  readonly quick: boolean
  /** How many threads others kept busy in the minute before. */
  readonly load: number
  readonly args: readonly string[]
}

function report(sections: readonly Section[], { quick, load, args }: Circumstances): string {
  const reached = sections.flatMap((section) => section.reached)
  const met = reached.filter((reach) => reach.met).length
  const command = ['npm run bench', ...(args.length > 0 ? ['--', ...args] : [])].join(' ')
  const place = `Node ${process.version}, ${process.platform} ${process.arch}, ${availableParallelism()} cores, load ${load.toFixed(1)} before`
  const head = `\`${command}\` · ${place} · ${new Date().toISOString().slice(0, 10)}`
  const warning = quick ? '\n\nA quick run, with fewer keys and short measurements: not to be quoted.' : ''
  const parts = sections.map(({ title, text }) => `### ${title}\n\n${text}`)
  return [`${head} · ${met} of ${reached.length} goals met${warning}`, ...parts].join('\n\n')
}
