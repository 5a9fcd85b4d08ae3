import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import type { Store } from '@headgate/core'
import { createTable, dynamodbStore } from '@headgate/dynamodb'
import { migrate, postgresStore } from '@headgate/postgres'
import { fromIoredis, redisStore } from '@headgate/redis'
import { sqliteStore } from '@headgate/sqlite'
import { Cluster, Redis } from 'ioredis'
import pg from 'pg'

/** A store that processes share, as text that can be handed to them. */
export interface Place {
  readonly kind: 'sqlite' | 'redis' | 'redis-cluster' | 'postgres' | 'dynamodb'
  /** A file, a URL, or the cluster's ports with commas between. */
  readonly at: string
}

/** What DynamoDB's stand-in takes for a name and a key. */
const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }

function dynamoClient(endpoint: string): DynamoDBClient {
  return new DynamoDBClient({ endpoint, region: 'us-east-1', credentials })
}

/** An open store, and what closes it with its client. */
export interface Opened {
  readonly store: Store
  close(): Promise<unknown>
}

/**
 * Opens a store at a place where all is prepared, with the client settings that the READMEs recommend.
 *
 * @param timeout milliseconds of a call; long unless told, where it is about what is decided, not when
 */
export async function openAt({ kind, at }: Place, timeout = 60_000): Promise<Opened> {
  switch (kind) {
    case 'sqlite': {
      const store = sqliteStore({ file: at })
      return { store, close: () => store.close() }
    }
    case 'redis': {
      const client = new Redis(at, {
        enableOfflineQueue: false,
        lazyConnect: true,
        maxRetriesPerRequest: 0,
        retryStrategy: () => 50,
      })
      client.on('error', () => {})
      await client.connect()
      const store = redisStore(fromIoredis(client), { timeout })
      return { store, close: () => store.close().finally(() => client.disconnect()) }
    }
    case 'redis-cluster': {
      const nodes = at.split(',').map((port) => ({ host: '127.0.0.1', port: Number(port) }))
      // It rejects what it is asked while it connects to a node, unless it may queue that.
      const client = new Cluster(nodes, { lazyConnect: true, retryDelayOnFailover: 0 })
      client.on('error', () => {})
      await client.connect()
      const store = redisStore(fromIoredis(client), { timeout })
      return { store, close: () => store.close().finally(() => client.disconnect()) }
    }
    case 'postgres': {
      const pool = new pg.Pool({ connectionString: at, max: 4, connectionTimeoutMillis: 1_000 })
      pool.on('error', () => {})
      const store = postgresStore({ pool, timeout })
      return { store, close: () => store.close().finally(() => pool.end()) }
    }
    case 'dynamodb': {
      const client = dynamoClient(at)
      const store = dynamodbStore({ client, timeout })
      return { store, close: () => store.close().finally(() => client.destroy()) }
    }
  }
}

/** Makes what the stores of these servers need. */
export async function prepareServers(postgresUrl: string, dynamoUrl: string): Promise<void> {
  await Promise.all([
    prepareAt({ kind: 'postgres', at: postgresUrl }),
    prepareAt({ kind: 'dynamodb', at: dynamoUrl }),
  ])
}

/** Makes the schema or the table, where a store needs one. */
export async function prepareAt({ kind, at }: Place): Promise<void> {
  if (kind === 'postgres') {
    const pool = new pg.Pool({ connectionString: at, max: 1 })
    await migrate({ pool })
    await pool.end()
  }
  if (kind === 'dynamodb') {
    const client = dynamoClient(at)
    await createTable(client)
    client.destroy()
  }
}
