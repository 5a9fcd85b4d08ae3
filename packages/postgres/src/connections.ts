import type { PgClient } from './client.ts'

/** Something to do on a connection. */
type Work<T> = (client: PgClient) => Promise<T>

/** Where statements run. */
export interface Connections {
  /**
   * Does the work on a connection, and gives up after `timeout` ms: work that has not begun by then never does, and of work
   * that has, it is not known what became of it.
   *
   * @param line work that would wait for each other anyway, as at one row. Where connections pipeline, it shares one, and the
   * server goes on to the next without a round trip between
   */
  run<T>(work: Work<T>, timeout: number, line?: string): Promise<T>
  /** Whether connections take a statement before the one before is answered, so that a line's work shares one. */
  readonly pipelines: boolean
  /** Whether none of a line's work is under way; always, where it isn't shared. */
  isFree(line: string): boolean
}
