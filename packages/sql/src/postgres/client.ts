/** A statement with its values, as `query` of pg takes it. */
export interface PgQuery {
  readonly text: string
  readonly values?: unknown[]
}

/** What is needed of a connection of pg, so that any version of it and its forks fit. */
export interface PgClient {
  query(query: PgQuery): Promise<{ readonly rows: readonly unknown[]; readonly rowCount?: number | null }>
  on(event: 'error', listener: (error: Error) => void): unknown
}

/** A connection on loan from a pool. */
export interface PgPoolClient extends PgClient {
  /** Gives the connection back; `true` closes it. */
  release(destroy?: boolean): void
  /** What is beneath, in pg. */
  readonly connection?: { readonly stream?: { destroy(): unknown } | undefined } | undefined
}

/** What is needed of a pool of pg. */
export interface PgPool {
  connect(): Promise<PgPoolClient>
  on(event: 'error', listener: (error: Error) => void): unknown
  on(event: 'connect', listener: (client: PgPoolClient) => void): unknown
}
