import { HeadgateError } from '@headgate/core'
import type { Directory } from '@headgate/plans'
import type { NextFunction, Request, Response } from 'express'
import type { Permit, Queue } from '../src/index.ts'

// From here on it stands in README.md, word for word.
export function takeTurns(queue: Queue, directory: Directory) {
  return async (request: Request, response: Response, next: NextFunction): Promise<void> => {
    const gone = new AbortController()
    let permit: Permit | undefined
    // Before anything is awaited: a response may close at any time.
    response.once('close', () => {
      gone.abort()
      permit?.release()
    })
    try {
      const account = request.get('x-account') ?? 'nobody' // whom your authentication found it to be
      const { priority } = await directory.planOf(account)
      permit = await queue.acquire({ priority, key: account, signal: gone.signal })
    } catch (error) {
      const isRefused = error instanceof HeadgateError && error.code.startsWith('QUEUE_')
      if (isRefused) {
        // When the queue's limiter may allow again, in whole seconds; in one where it didn't say, or there is none.
        const seconds = Math.ceil((error.retryAfterMs ?? 1_000) / 1_000)
        response.status(503).set('Retry-After', String(seconds)).end()
      } else if (!gone.signal.aborted) next(error)
      return
    }
    // It may have closed just after its turn came.
    if (gone.signal.aborted) permit.release()
    else next()
  }
}
