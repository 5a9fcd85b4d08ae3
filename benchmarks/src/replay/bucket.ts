/** The limit that the log is replayed through. */
export const BUCKET = { capacity: 10, refill: 30, perMicros: 60_000_000 }
