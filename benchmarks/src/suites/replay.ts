import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { median, rowsOf } from '../figures.ts'
import { type Contestant, interleave } from '../interleave.ts'
import { seeded } from '../random.ts'
import { BUCKET } from '../replay/bucket.ts'
import { writeLog } from '../replay/log.ts'
import type { Scenario } from '../scenario.ts'
import { timeSection } from '../table.ts'

/** Events per second of one core. */
const PER_CORE = 500_000
const USAGE = new URL('../replay/usage.mjs', import.meta.url).href
const FLOOR = fileURLToPath(new URL('../replay/floor.ts', import.meta.url))

const CLI = new URL('../../../packages/cli/', import.meta.url)

/** The `headgate` command, as its package says. */
function headgateCommand(): string {
  const { bin } = JSON.parse(readFileSync(new URL('package.json', CLI), 'utf8'))
  return fileURLToPath(new URL(bin.headgate, CLI))
}

/** The `headgate replay` command over a log of log-ins. */
export const replayScenario: Scenario = {
  suite: 'replay',
  name: 'replay',
  async run({ logCopies, replayRounds }) {
    const folder = await mkdtemp(join(tmpdir(), 'headgate-bench-'))
    try {
      const file = join(folder, 'log-ins.jsonl')
      const { events, source } = await writeLog(file, logCopies)
      const limit = {
        algorithm: 'token-bucket',
        capacity: BUCKET.capacity,
        refill: BUCKET.refill,
        per: BUCKET.perMicros / 1_000,
      }
      const options = ['--limit', JSON.stringify(limit), '--format', 'jsonl', '--key', 'source_ip']
      const command = [headgateCommand(), 'replay', ...options, '--time', 'timestamp', '--json', file]
      const contestants = [
        replayer('floor', [FLOOR, file], events),
        replayer('headgate replay', command, events),
      ]

      const schedule = { rounds: replayRounds, sampleMs: 0, warmMs: 0, runUpMs: 0 }
      const times = await interleave(contestants, schedule, seeded(Date.now()))
      const [floor, own] = contestants as [Replayer, Replayer]
      if (floor.allowed !== own.allowed) {
        throw new Error(`headgate replay allowed ${own.allowed}, the floor ${floor.allowed}`)
      }
      const note = `${events.toLocaleString('en-GB')} events (${source}) in a plain file, one token bucket per address; both \
allowed ${own.allowed.toLocaleString('en-GB')}. The time is that of the whole process from its start, or that of its threads \
together where that is more: so many events a core does. Most memory in use: floor ${mebi(floor)}, headgate ${mebi(own)}.`
      const goals = { 'headgate replay': { perSecond: PER_CORE } }
      return timeSection('Replay of a log', 'event', rowsOf(times, goals), note)
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  },
}

interface Replayer extends Contestant {
  allowed: number
  readonly rssKiB: number[]
}

function mebi({ rssKiB }: Replayer): string {
  return `${Math.round(median(rssKiB) / 1024)} MiB`
}

/** A contestant that replays the whole log in a new process each time. */
function replayer(name: string, command: readonly string[], events: number): Replayer {
  const own: Replayer = {
    name,
    allowed: 0,
    rssKiB: [],
    async sample() {
      const { output, usage, ns } = await runTimed(name, command)
      const counts = countsIn(JSON.parse(output))
      if (
        counts?.requests !== events ||
        counts.allowed + counts.denied !== events ||
        counts.malformed !== 0
      ) {
        throw new Error(`${name} does not account for ${events} events: ${output.slice(0, 500)}`)
      }
      own.allowed = counts.allowed
      own.rssKiB.push(usage.maxRssKiB)
      return { operations: events, ns: Math.max(ns, usage.cpuMicros * 1_000) }
    },
  }
  return own
}

async function runTimed(name: string, command: readonly string[]) {
  const from = process.hrtime.bigint()
  const child = spawn(process.execPath, [...process.execArgv, '--import', USAGE, ...command], {
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  })
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', resolve)
  })
  const streams = [child.stdout, child.stderr, child.stdio[3]] as NodeJS.ReadableStream[]
  const [code, output = '', complaints = '', usage = ''] = await Promise.all([
    ended,
    ...streams.map((stream) => text(stream)),
  ] as const)
  const ns = Number(process.hrtime.bigint() - from)
  if (code !== 0) throw new Error(`${name} ended with ${code}: ${complaints}`)
  return { output, usage: JSON.parse(usage) as { cpuMicros: number; maxRssKiB: number }, ns }
}

interface Counts {
  readonly requests: number
  readonly allowed: number
  readonly denied: number
  readonly malformed: number
}

/** The counts of the only policy in a report. */
function countsIn(report: unknown): Counts | undefined {
  if (typeof report !== 'object' || report === null) return undefined
  if ('requests' in report) return report as Counts
  for (const part of Object.values(report)) {
    const counts = countsIn(part)
    if (counts !== undefined) return counts
  }
  return undefined
}
