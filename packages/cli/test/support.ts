import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import { createReader, type LogEvent, type ReaderOptions } from '../src/replay/event.ts'
import { readBlocks } from '../src/replay/lines.ts'
import { createRecords } from '../src/replay/records.ts'
import { type LogSource, streamSource, unpacked } from '../src/replay/source.ts'

/** A folder that is gone after the test. */
export function tempFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'headgate-cli-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Text or bytes as a log, in chunks of the given size. */
export function logOf(content: string | Buffer, chunk = 65_536, name = 'log'): LogSource {
  return streamSource(name, Readable.from(piecesOf(Buffer.from(content), chunk), { objectMode: true }))
}

function* piecesOf(bytes: Buffer, size: number): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

/** What a log holds, as `replay` reads it. */
export async function eventsOf(
  content: string | Buffer,
  options: ReaderOptions,
  chunk?: number,
): Promise<{ events: LogEvent[]; malformed: string[] }> {
  const reader = createReader(options)
  const events: LogEvent[] = []
  const malformed: string[] = []
  const reject = (line: number, reason: () => string) => {
    malformed.push(`${line}: ${reason()}`)
  }
  const records = createRecords(
    reader.format,
    (bytes, at, end, line) => {
      const problem = reader.read(bytes, at, end)
      if (problem === undefined) events.push({ ...reader.event })
      else if (problem !== null) reject(line, problem)
    },
    reject,
  )
  records.begin()
  for await (const block of readBlocks(unpacked(logOf(content, chunk).open(), () => {}))) {
    for (let i = 0; i < block.tooLong; i++) records.skip('too long')
    records.push(block.bytes, block.last)
  }
  reader.format.end()
  return { events, malformed }
}

/** How a run of the command line ended. */
export interface Ran {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs the command line from its sources, in a process of its own. */
export function headgate(
  args: readonly string[],
  options: {
    readonly stdin?: Buffer | string
    readonly onStart?: (child: Child) => void
    /** Variables beside those of the test. */
    readonly env?: Readonly<Record<string, string>>
  } = {},
): Promise<Ran> {
  const main = fileURLToPath(new URL('../src/main.ts', import.meta.url))
  // Sources run as they are; Node before 22.18 has to be told so.
  const flags = process.features.typescript ? [] : ['--experimental-strip-types']
  const child = spawn(
    process.execPath,
    [...flags, '--disable-warning=ExperimentalWarning', '--conditions=@headgate/source', main, ...args],
    { stdio: 'pipe', env: { ...process.env, ...options.env } },
  )
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    stdout += part
  })
  child.stderr.setEncoding('utf8').on('data', (part: string) => {
    stderr += part
  })
  // A child that exits early doesn't read all of it.
  child.stdin.on('error', () => {})
  options.onStart?.(child)
  if (options.onStart === undefined) child.stdin.end(options.stdin ?? '')
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, stdout, stderr }))
  })
}

type Child = ReturnType<typeof spawn>
