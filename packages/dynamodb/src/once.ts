/** An error on its way past the SDK, which knows nothing of it that would make it send again. */
class Sent extends Error {
  readonly failure: unknown
  constructor(failure: unknown) {
    super('The request was sent, and is not sent again')
    this.failure = failure
  }
}

/** A middleware of the SDK that passes on what it is given, whatever that is. */
type Middleware = <A, R>(next: (args: A) => Promise<R>) => (args: A) => Promise<R>

/** What is used here of a command. */
export interface SendableCommand {
  readonly middlewareStack: {
    addRelativeTo(
      middleware: Middleware,
      options: { name: string; relation: 'after'; toMiddleware: string; override: boolean },
    ): void
  }
}

/** Is told what the headers of a reply say, and when, by `performance.now()`, the request was sent and the reply came. */
export type Heard = (headers: Readonly<Record<string, string>>, sentAt: number, heardAt: number) => void

/**
 * Lets a command be sent once, whatever retries its client is set to: whoever sends a decision again whose reply was lost
 * takes twice. The SDK retries by a middleware of its own; this one lies inside it, and hides from it what went wrong.
 */
export async function sendOnce<T>(
  command: SendableCommand,
  send: () => Promise<T>,
  heard: Heard,
): Promise<T> {
  let sent: Sent | undefined
  const middleware: Middleware = (next) => async (args) => {
    if (sent !== undefined) throw sent
    sent = new Sent(new Error('The client sent a request again before the first was over'))
    const sentAt = performance.now()
    const hear = (response: unknown): void => {
      const headers = (response as { headers?: Record<string, string> } | undefined)?.headers
      if (headers !== undefined) heard(headers, sentAt, performance.now())
    }
    try {
      const result = await next(args)
      hear((result as { response?: unknown }).response)
      return result
    } catch (error) {
      hear((error as { $response?: unknown }).$response)
      sent = new Sent(error)
      throw sent
    }
  }
  command.middlewareStack.addRelativeTo(middleware, {
    name: 'headgateSendOnce',
    relation: 'after',
    toMiddleware: 'retryMiddleware',
    override: true,
  })
  try {
    return await send()
  } catch (error) {
    throw error instanceof Sent ? error.failure : error
  }
}
