/**
 * A window in whole seconds, rounded up: the same quota in a longer window promises less, never more. Undefined where no
 * number of seconds says it: no fixed window, or less than a second, which the drafts don't support.
 */
export function windowSeconds(windowMs: number | null): number | undefined {
  return windowMs === null || windowMs < 1_000 ? undefined : Math.ceil(windowMs / 1_000)
}
