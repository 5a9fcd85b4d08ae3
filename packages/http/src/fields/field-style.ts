/**
 * How the fields are written. The drafts are those of draft-ietf-httpapi-ratelimit-headers.
 *
 * - `draft-11`: `RateLimit-Policy: "burst";q=100;w=60` and `RateLimit: "burst";r=99;t=50`, for every limit by its name.
 *   Drafts 8 to 10 have the same syntax
 * - `draft-7`: `RateLimit-Policy: 100;w=60` and `RateLimit: limit=100, remaining=99, reset=50`
 * - `draft-6`: `RateLimit-Policy`, and the three fields `RateLimit-Limit`, `RateLimit-Remaining` and `RateLimit-Reset`
 * - `legacy-epoch`, `legacy-delta`: `X-RateLimit-Limit`, `X-RateLimit-Remaining` and `X-RateLimit-Reset`. Nobody agreed what
 *   the last one means, so it must be chosen: seconds since the Unix epoch, or seconds from now
 */
export type FieldStyle = 'draft-11' | 'draft-7' | 'draft-6' | 'legacy-epoch' | 'legacy-delta'
