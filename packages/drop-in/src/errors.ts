import { HeadgateError } from '@headgate/core'

export function invalidOption(option: string, value: unknown, expected: string, fix: string): HeadgateError {
  const message = `\`${option}\` must be ${expected}`
  return new HeadgateError({ code: 'INVALID_OPTION', option, value, message, fix })
}

export function invalidKey(value: unknown): HeadgateError {
  return new HeadgateError({
    code: 'INVALID_KEY',
    option: 'key',
    value,
    message: `A key must be a string or a number, not ${value === null ? 'null' : typeof value}`,
    fix: 'See what your key generator gives; all callers without a key would share one count',
  })
}
