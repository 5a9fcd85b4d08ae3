/** What is needed of a better-sqlite3 database, so that any version of it and its forks fit. */
export interface SqliteDatabase {
  readonly inTransaction: boolean
  exec(sql: string): unknown
  prepare(sql: string): SqliteStatement
  transaction<A>(work: (argument: A) => void): { immediate(argument: A): void }
}

/** What is needed of a prepared statement. */
export interface SqliteStatement {
  run(...values: unknown[]): { readonly changes: number | bigint }
  get(...values: unknown[]): unknown
  all(...values: unknown[]): unknown[]
  safeIntegers(on: boolean): this
}
