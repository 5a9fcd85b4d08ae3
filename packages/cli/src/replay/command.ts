import { openStore } from '../store.ts'
import { paintFor, plainJson } from '../terminal.ts'
import { toJson } from './json.ts'
import { parseReplay, REPLAY_HELP } from './options.ts'
import { progressLine } from './progress.ts'
import { report } from './report.ts'
import { replay } from './run.ts'
import { fileSource, type LogSource, streamSource } from './source.ts'

/** Exit code after Ctrl-C: 128 and the signal's number. */
const INTERRUPTED = 130

/** `headgate replay`. Resolves with the exit code. */
export async function replayCommand(args: readonly string[]): Promise<number> {
  const asked = await parseReplay(args)
  if (asked === undefined) {
    process.stdout.write(REPLAY_HELP)
    return 0
  }
  const { files, store: where, json, ...options } = asked
  const sources = await Promise.all(files.map(sourceOf))
  const sizes = sources.map(({ size }) => size)
  const size = sizes.reduce((sum, one) => (sum === undefined || one === undefined ? undefined : sum + one), 0)

  const stop = new AbortController()
  const onSignal = () => stop.abort()
  process.once('SIGINT', onSignal)
  const progress = progressLine(process.stderr, size)
  const store = where === undefined ? undefined : await openStore(where)
  try {
    const result = await replay({
      ...options,
      sources,
      ...(store && { store }),
      signal: stop.signal,
      onProgress: progress.update,
    })
    progress.clear()
    process.stdout.write(
      json ? `${plainJson(toJson(result), 2)}\n` : `${report(result, paintFor(process.stdout))}\n`,
    )
    return result.interrupted ? INTERRUPTED : 0
  } finally {
    progress.clear()
    process.off('SIGINT', onSignal)
    await store?.close()
  }
}

async function sourceOf(file: string): Promise<LogSource> {
  if (file !== '-') return fileSource(file)
  if (process.stdin.isTTY) process.stderr.write('headgate: reading standard input, which is this terminal\n')
  return streamSource('stdin', process.stdin)
}
