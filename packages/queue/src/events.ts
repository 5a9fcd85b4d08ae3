/** What happened in a queue: `onEvent` is called with each. Milliseconds are fractional. */
export type QueueEvent =
  /** It takes a place among those who wait; `size` is how many that makes. With a limiter everybody does, if only until it answers. */
  | (About & { readonly type: 'queued'; readonly size: number })
  /** It goes ahead. */
  | (About & { readonly type: 'started'; readonly waitedMs: number })
  /** What was started is over, well or badly. */
  | (About & { readonly type: 'finished'; readonly ranMs: number })
  /** It is never started; `error` is what its caller is told. */
  | (About & {
      readonly type: 'refused'
      readonly reason: RefusalReason
      readonly waitedMs: number
      readonly error: unknown
    })

/** Which job it is about. */
interface About {
  readonly priority: number
  readonly key: string | undefined
}

/** Why a job is never started: `"limiter"` is that the limiter failed, or that the cost never fits. */
export type RefusalReason = 'full' | 'timeout' | 'closed' | 'aborted' | 'limiter'

/** Where events go. What it throws, now or later, is dropped: no job fails by it. */
export type QueueEventSink = (event: QueueEvent) => unknown
