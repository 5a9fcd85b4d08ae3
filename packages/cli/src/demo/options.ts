import { parseArgs } from 'node:util'
import { invalidOption } from '@headgate/core'
import { badArguments } from '../errors.ts'

/** What `headgate demo --help` prints. */
export const DEMO_HELP: string = `Usage: headgate demo [--seconds N]

Starts an HTTP server on a free port of this machine whose requests pass Headgate limits, kept in a temporary SQLite
file; has clients on four plans call it; then replays its access log through two other policies.

  --seconds N    how long the clients call, 1 to 600; 10 unless told
  --help         this text
`

/** @returns undefined if help is asked for */
export function parseDemo(args: readonly string[]): { readonly seconds: number } | undefined {
  const { seconds, help } = parsed(args)
  if (help) return undefined
  const value = seconds ?? '10'
  if (!/^\d{1,3}$/.test(value) || Number(value) < 1 || Number(value) > 600) {
    throw invalidOption('--seconds', value, 'a whole number from 1 to 600', 'Leave it out for 10')
  }
  return { seconds: Number(value) }
}

function parsed(args: readonly string[]): { readonly seconds?: string; readonly help?: boolean } {
  try {
    return parseArgs({
      args: [...args],
      options: { seconds: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
    }).values
  } catch (error) {
    throw badArguments(error, 'demo')
  }
}
