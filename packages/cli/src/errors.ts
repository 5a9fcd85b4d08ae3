import { HeadgateError, invalidOption } from '@headgate/core'

/** What Node says of arguments that can't be parsed, with what to do. */
export function badArguments(error: unknown, command: string): HeadgateError {
  const [message = ''] = (error as Error).message.split(/\. |\n/)
  return usageError(message, `See headgate ${command} --help`)
}

/** Arguments that make no sense together: exit code 2. */
export function usageError(message: string, fix: string): HeadgateError {
  return new HeadgateError({ code: 'INVALID_OPTION', message, fix })
}

/**
 * One of several words that an option takes.
 *
 * @throws {@link HeadgateError} `INVALID_OPTION`
 */
export function oneOf<T extends string>(
  command: string,
  option: string,
  value: string,
  known: readonly T[],
): T {
  const found = known.find((each) => each === value)
  if (found !== undefined) return found
  throw invalidOption(`--${option}`, value, `one of ${known.join(', ')}`, `See headgate ${command} --help`)
}
