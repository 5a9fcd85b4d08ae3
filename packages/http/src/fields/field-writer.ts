/**
 * One field of a response. Names are in lower case, as HTTP/2 and 3 have them (RFC 9113, 8.2.1) and Fastify and `Headers` write them;
 * to HTTP/1.1 they are the same in any case (RFC 9110, 5.1).
 */
export type Field = readonly [name: Lowercase<string>, value: string]

/** A limit as the fields tell it. */
export interface Policy {
  /** Printable ASCII, not empty. */
  readonly name: string
  /** Units in each window: a whole number from 0 to 999,999,999,999,999. */
  readonly quota: number
  /** Whole milliseconds, or null where it has no fixed window, as a calendar month. */
  readonly windowMs: number | null
  /** What is counted, in printable ASCII. `"requests"` unless told. */
  readonly unit?: string
}

/** Where a client stands with a limit now. */
export interface Standing {
  /** Units that still fit. */
  readonly remaining: number
  /**
   * Milliseconds: for an allowed request until the limit is as good as new (`resetAfterMs` of its figures), for a denied one
   * until it would pass (`retryAfterMs`). null for never.
   */
  readonly resetMs: number | null
}

/** Made once per set of policies; per response it writes numbers only. */
export interface FieldWriter {
  /**
   * The fields for these standings.
   *
   * @param standings in the order of the policies; undefined for a limit that is not told this time
   * @param binding the index of the limit that decides, for styles that tell only one
   * @param nowMs milliseconds since the Unix epoch; read for `legacy-epoch` only
   * @param partitions in the order of the policies, what tells the client which partition it is counted in; draft-11 only
   */
  write(
    standings: readonly (Standing | undefined)[],
    binding: number,
    nowMs: () => number,
    partitions?: readonly (Uint8Array | undefined)[],
  ): Field[]
}

/** How one style writes. */
export type WriteFields = FieldWriter['write']
