/** A response of its own: status and body. */
export interface Answer {
  readonly status: number
  readonly contentType: string
  /** Serialised. */
  readonly body: string
}

/** What a denial has to say. */
export interface Violation {
  /** The names of the limits that deny. */
  readonly violated: readonly string[]
  /** Whole seconds, as in `Retry-After`; null for never. */
  readonly retryAfterSeconds: number | null
}
