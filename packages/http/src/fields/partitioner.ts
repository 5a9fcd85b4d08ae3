import { invalidOption } from '@headgate/core'
import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'

/** Enough that no two of a server's keys meet, and short in every response. */
const PARTITION_BYTES = 16
/** A shorter secret could be found by trying, and with it the keys. */
const MIN_SECRET_BYTES = 16

/**
 * Turns keys into what may be shown of them, for the parameter `pk`: HMAC-SHA-256 under a secret, cut to 16 bytes. The same
 * key gives the same bytes on every server with the secret, and who hasn't it learns nothing of the key.
 *
 * @param secret at least 16 bytes; a string counts in UTF-8
 * @throws {@link HeadgateError} `INVALID_OPTION` for a shorter one
 * @example
 * ```ts
 * import { createPartitioner } from '@headgate/http'
 *
 * const partition = createPartitioner('a secret of at least 16 bytes')
 * partition('user-1').length // 16
 * ```
 */
export function createPartitioner(secret: string | Uint8Array): (key: string) => Uint8Array {
  const bytes = typeof secret === 'string' ? new TextEncoder().encode(secret) : secret
  if (!(bytes instanceof Uint8Array) || bytes.length < MIN_SECRET_BYTES) {
    const given = bytes instanceof Uint8Array ? `${bytes.length} bytes` : bytes
    throw invalidOption(
      'partitionSecret',
      given,
      'a secret of at least 16 bytes',
      'Generate one, and share it among the servers of one service',
    )
  }
  const keyed = hmac.create(sha256, bytes)
  const encoder = new TextEncoder()
  return (key) => keyed.clone().update(encoder.encode(key)).digest().subarray(0, PARTITION_BYTES)
}
