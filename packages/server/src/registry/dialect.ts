/** Where databases differ. What else is written here both of them understand. */
export interface Dialect {
  /** A table's name, quoted. */
  readonly table: (name: 'head' | 'plans' | 'subjects' | 'changes') => string
  /** Milliseconds since the epoch. */
  readonly now: string
}

/** A statement; its first value is `$1`. */
export interface Query {
  readonly text: string
  readonly values: unknown[]
}

/** Rows as a database gives them: whole numbers may be a number, a bigint or a text. */
export type Rows = readonly unknown[]

/** A row of these columns. */
export type Row<Name extends string> = { readonly [N in Name]: unknown }
