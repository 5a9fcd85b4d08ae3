import { HeadgateError } from '@headgate/core'
import { plain } from './terminal.ts'

/** An option of the command line that can't be honoured: exit code 2. */
export function invalidOption(option: string, value: unknown, expected: string, fix: string): HeadgateError {
  const shown = value === undefined ? '' : `, not ${JSON.stringify(plain(String(value), 80))}`
  return new HeadgateError({
    code: 'INVALID_OPTION',
    option,
    value,
    message: `--${option} must be ${expected}${shown}`,
    fix,
  })
}

/** What Node says of arguments that can't be parsed, with what to do. */
export function badArguments(error: unknown, command: string): HeadgateError {
  const [message = ''] = (error as Error).message.split(/\. |\n/)
  return usageError(message, `See headgate ${command} --help`)
}

/** Arguments that make no sense together: exit code 2. */
export function usageError(message: string, fix: string): HeadgateError {
  return new HeadgateError({ code: 'INVALID_OPTION', message, fix })
}
