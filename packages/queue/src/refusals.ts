import { type Decision, type ErrorDetails, HeadgateError, showValue } from '@headgate/core'

/** When it may be worth another try: what the limiter said last, in milliseconds, where it said anything. */
export type Hint = number | undefined

export function queueFull(maxQueued: number, hint: Hint): HeadgateError {
  return new HeadgateError({
    code: 'QUEUE_FULL',
    message: `The queue is full: ${maxQueued} jobs wait (\`maxQueued\`), and all of them go before this one`,
    ...again(hint),
  })
}

export function placeTaken(maxQueued: number, hint: Hint): HeadgateError {
  return new HeadgateError({
    code: 'QUEUE_FULL',
    message: `The queue is full: ${maxQueued} jobs wait (\`maxQueued\`), and one that goes before this one took its place`,
    ...again(hint),
  })
}

export function keyFull(key: string, maxPerKey: number, hint: Hint): HeadgateError {
  return new HeadgateError({
    code: 'QUEUE_FULL',
    option: 'key',
    value: key,
    message: `The key ${showValue(key)} has ${maxPerKey} jobs that wait already (\`maxPerKey\`)`,
    ...again(hint),
  })
}

export function timedOut(waitMs: number, hint: Hint): HeadgateError {
  return new HeadgateError({
    code: 'QUEUE_TIMEOUT',
    message: `The job could not be started within ${waitMs} ms (\`maxWait\`)`,
    ...again(hint),
  })
}

export function queueClosed(): HeadgateError {
  return new HeadgateError({
    code: 'QUEUE_CLOSED',
    message: 'The queue is closed',
    fix: 'Send the work to another process, or make another queue',
  })
}

export function neverFits(cost: number, { binding }: Decision): HeadgateError {
  return new HeadgateError({
    code: 'INVALID_COST',
    option: 'cost',
    value: cost,
    message: `A cost of ${cost} never fits: the limit ${showValue(binding)} can't hold so much`,
    fix: 'Split the work, or raise the limit',
  })
}

function again(hint: Hint): Pick<ErrorDetails, 'fix' | 'retryAfterMs'> {
  if (hint === undefined) return { fix: 'Try again later' }
  return { fix: `Try again in ${hint} ms at the earliest`, retryAfterMs: hint }
}
