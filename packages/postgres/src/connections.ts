import type { PgClient, PgSource } from './client.ts'
import { clientConnection } from './client-connection.ts'
import { poolConnections } from './pool-connections.ts'

/** Something to do on a connection. */
type Work<T> = (client: PgClient) => Promise<T>

/** Where statements run. */
export interface Connections {
  /**
   * Does the work on a connection, and gives up after `timeout` ms: work that has not begun by then never does, and of work
   * that has, it is not known what became of it.
   */
  run<T>(work: Work<T>, timeout: number): Promise<T>
}

export function createConnections(source: PgSource): Connections {
  return 'pool' in source ? poolConnections(source.pool) : clientConnection(source.client)
}
