import { watchForEnding } from './ending.ts'
import { createLog } from './log.ts'
import { parseServe, SERVE_HELP } from './options.ts'
import { startService } from './running.ts'
import { findTokens } from './tokens.ts'
import { welcome } from './welcome.ts'

/** `headgate serve`. Resolves with the exit code, when the service has ended. */
export async function serveCommand(args: readonly string[]): Promise<number> {
  const options = parseServe(args, process.env)
  if (options === undefined) {
    process.stdout.write(SERVE_HELP)
    return 0
  }
  const tokens = await findTokens({ file: options.tokens, env: process.env, host: options.host })
  // What nobody takes, since the disk is full or the reader has gone, is lost, and the service goes on.
  for (const stream of [process.stdout, process.stderr])
    stream.removeAllListeners('error').on('error', () => {})
  const log = createLog(options.quiet)
  const ending = watchForEnding()
  const { url, seeded, stop } = await startService(options, tokens, log)
  // Not to standard output: that is the log, and no token is to be in it.
  process.stderr.write(welcome({ options, tokens, url, seeded }))

  const { error } = await ending
  if (error === undefined) log.info('Told to end')
  else log.error(`Broken: ${error instanceof Error ? error.stack : String(error)}`)
  const isFine = await stop()
  // What didn't end by itself would keep the process.
  if (!isFine) process.exit(1)
  return error === undefined ? 0 : 1
}
