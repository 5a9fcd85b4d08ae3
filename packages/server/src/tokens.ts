import { hash } from 'node:crypto'
import { checkName, HeadgateError, invalidOption } from '@headgate/core'

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
/** What the field `Authorization` takes (RFC 6750, 2.1), and not so short that it could be guessed. */
const TOKEN = /^(?=.{16,512}$)[A-Za-z0-9\-._~+/]+=*$/
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
    const known = hashIn(token, where)
    const other = bearers.get(known)
    if (other !== undefined)
      throw invalidOption(
        `${where}.name`,
        name,
        `another token than that of "${other.name}"`,
        'Make a new one',
      )
    bearers.set(known, { name, scope })
  })
  return (token) => bearers.get(sha256(token))
}

/** Whether a scope is enough for what needs another. */
export function includes(scope: Scope, needed: Scope): boolean {
  return scope === 'manage' || scope === needed
}

function hashIn({ token, sha256: hash }: Token, where: string): string {
  return hash !== undefined && token === undefined
    ? checkTokenHash(hash, `${where}.sha256`)
    : sha256(checkToken(token, `${where}.token`))
}

/**
 * A token that can't be guessed, and that the field `Authorization` takes.
 *
 * @param where what to call it in the error
 * @throws HeadgateError `INVALID_OPTION` for anything else; it has nothing of the token in it
 * @example
 * ```ts
 * import { checkToken } from '@headgate/server'
 *
 * checkToken('a-long-random-secret', 'HEADGATE_TOKEN')
 * ```
 */
export function checkToken(token: unknown, where: string): string {
  if (typeof token === 'string' && TOKEN.test(token)) return token
  throw wrong(where, '16 to 512 letters, digits and "-._~+/"', 'Make one with `openssl rand -hex 32`')
}

/**
 * The SHA-256 of a token, in hexadecimal.
 *
 * @param where what to call it in the error
 * @throws HeadgateError `INVALID_OPTION` for anything else; it has nothing of the value in it
 * @example
 * ```ts
 * import { checkTokenHash } from '@headgate/server'
 *
 * checkTokenHash('401222a1cc69f1e3e1c310b9d3068f05830b4e6cf5bc9beb1dcf3b067c527278', 'shop.sha256')
 * ```
 */
export function checkTokenHash(hash: unknown, where: string): string {
  if (typeof hash === 'string' && SHA256.test(hash)) return hash
  const fix = 'Write what `printf %s "$TOKEN" | sha256sum` prints'
  throw wrong(where, '64 hexadecimal digits in small letters', fix)
}

function wrong(option: string, expected: string, fix: string): HeadgateError {
  return new HeadgateError({
    code: 'INVALID_OPTION',
    option,
    message: `\`${option}\` must be ${expected}`,
    fix,
  })
}

function sha256(text: string): string {
  return hash('sha256', text)
}
