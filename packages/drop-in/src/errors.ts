import { HeadgateError } from '@headgate/core'

export function invalidKey(value: unknown): HeadgateError {
  return new HeadgateError({
    code: 'INVALID_KEY',
    option: 'key',
    value,
    message: `A key must be a string or a number, not ${value === null ? 'null' : typeof value}`,
    fix: 'See what your key generator gives; all callers without a key would share one count',
  })
}
