import { createHash } from 'node:crypto'
import { checkName, invalidOption } from '@headgate/core'

/** What a token is good for: to ask for decisions, to read all that there is, or both and to change it. */
export type Scope = 'decide' | 'read' | 'manage'

/** Who may do what: known by a secret, or by the SHA-256 of it in hexadecimal, so that no secret need be in a file. */
export type Token = {
  /** Who it is, in logs and in the list of changes. */
  readonly name: string
  readonly scope: Scope
} & (
  | { readonly token: string; readonly sha256?: never }
  | { readonly sha256: string; readonly token?: never }
)

/** Who asks. */
export interface Bearer {
  readonly name: string
  readonly scope: Scope
}

/** Tells who a token is. */
export type FindBearer = (token: string) => Bearer | undefined

const SCOPES: readonly Scope[] = ['decide', 'read', 'manage']
/** Those shorter can be guessed. */
const MIN_LENGTH = 16
/** What the field `Authorization` takes (RFC 6750, 2.1). */
const TOKEN = /^[A-Za-z0-9\-._~+/]+=*$/
const SHA256 = /^[0-9a-f]{64}$/

/**
 * Tokens are compared by their hashes, in a table: how long that takes tells nothing of a secret.
 *
 * @throws HeadgateError `INVALID_OPTION`; no message has a token in it
 */
export function createTokens(tokens: readonly Token[]): FindBearer {
  if (!Array.isArray(tokens) || tokens.length === 0) {
    const fix = 'Pass [{ name: "app", scope: "decide", token: … }]: without one nobody could ask'
    throw invalidOption('tokens', tokens, 'a list with at least one token', fix)
  }
  const bearers = new Map<string, Bearer>()
  tokens.forEach((token: Token, i) => {
    const where = `tokens[${i}]`
    checkName(token?.name, `${where}.name`)
    const { name, scope } = token
    if (!SCOPES.includes(scope))
      throw invalidOption(`${where}.scope`, scope, '"decide", "read" or "manage"', 'Choose one of them')
    const hash = hashIn(token, where)
    const other = bearers.get(hash)
    if (other !== undefined)
      throw invalidOption(
        `${where}.name`,
        name,
        `another token than that of "${other.name}"`,
        'Make a new one',
      )
    bearers.set(hash, { name, scope })
  })
  return (token) => bearers.get(sha256(token))
}

/** Whether a scope is enough for what needs another. */
export function includes(scope: Scope, needed: Scope): boolean {
  return scope === 'manage' || scope === needed
}

function hashIn({ token, sha256: hash }: Token, where: string): string {
  if (hash !== undefined) {
    if (typeof hash === 'string' && SHA256.test(hash) && token === undefined) return hash
    const fix = 'Write what `printf %s "$TOKEN" | sha256sum` prints, and no `token` beside it'
    throw invalidOption(`${where}.sha256`, undefined, '64 hexadecimal digits in small letters', fix)
  }
  if (typeof token === 'string' && token.length >= MIN_LENGTH && TOKEN.test(token)) return sha256(token)
  const expected = `at least ${MIN_LENGTH} letters, digits and "-._~+/"`
  throw invalidOption(`${where}.token`, undefined, expected, 'Make one with `openssl rand -hex 32`')
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
