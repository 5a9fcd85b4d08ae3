import { HeadgateError } from '@headgate/core'

/** An option that can't be meant. */
export function invalidOption(option: string, value: unknown, expected: string, fix: string): HeadgateError {
  const message = `\`${option}\` must be ${expected}, not ${show(value)}`
  return new HeadgateError({ code: 'INVALID_OPTION', option, value, message, fix })
}

/** A hostile value, short enough and plain enough for a message. */
export function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}…` : value)
  if (typeof value === 'function') return 'a function'
  if (value === null || typeof value !== 'object') return String(value)
  return Array.isArray(value) ? 'an array' : 'an object'
}
