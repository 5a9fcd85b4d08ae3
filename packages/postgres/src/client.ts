/** A statement with its values, as `query` of pg takes it. */
export interface PgQuery {
  readonly text: string
  readonly values?: unknown[]
  /** Under which name the connection keeps the statement prepared. */
  readonly name?: string
}

/** What the store needs of a connection of pg, so that any version of it and its forks fit. */
export interface PgClient {
  query(query: PgQuery): Promise<{ readonly rows: readonly unknown[] }>
  on(event: 'error', listener: (error: Error) => void): unknown
}

/** A connection on loan from a pool. */
export interface PgPoolClient extends PgClient {
  /** Gives the connection back; `true` closes it. */
  release(destroy?: boolean): void
  /** What is beneath, in pg. */
  readonly connection?: { readonly stream?: { destroy(): unknown } | undefined } | undefined
}

/** What the store needs of a pool of pg. */
export interface PgPool {
  readonly options?:
    | { readonly max?: number | undefined; readonly pipeline?: boolean | undefined }
    | undefined
  connect(): Promise<PgPoolClient>
  on(event: 'error', listener: (error: Error) => void): unknown
  on(event: 'connect', listener: (client: PgPoolClient) => void): unknown
}

/** A connection of pg, or a pool of them. */
export type PgSource = { readonly pool: PgPool } | { readonly client: PgClient }

/** The SQLSTATE of an error of the server, such as `"40P01"`; `""` for other errors. */
export function sqlState(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : ''
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : ''
}
