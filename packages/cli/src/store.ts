import { invalidOption, type Store } from '@headgate/core'
import { usageError } from './errors.ts'

/** Where a store is, as a command line says it. */
export type StoreAddress =
  | { readonly kind: 'sqlite'; readonly file: string }
  | { readonly kind: 'redis' | 'postgres'; readonly url: string }
  | { readonly kind: 'dynamodb'; readonly table: string; readonly region: string; readonly endpoint?: string }

/** A command is no request: it may wait. */
const TIMEOUT_MS = 30_000
const EXPECTED = 'memory, sqlite:FILE, redis://…, postgres://… or dynamodb://TABLE'

/** @throws {@link HeadgateError} `INVALID_OPTION` */
export function storeAddress(text: string): StoreAddress {
  if (/^sqlite:./.test(text)) return { kind: 'sqlite', file: text.slice('sqlite:'.length) }
  const url = URL.canParse(text) ? new URL(text) : undefined
  switch (url?.protocol) {
    case 'redis:':
    case 'rediss:':
      return { kind: 'redis', url: text }
    case 'postgres:':
    case 'postgresql:':
      return { kind: 'postgres', url: text }
    case 'dynamodb:': {
      const endpoint = url.searchParams.get('endpoint')
      const region = url.searchParams.get('region') ?? process.env['AWS_REGION'] ?? 'us-east-1'
      if (url.host === '') break
      return { kind: 'dynamodb', table: url.host, region, ...(endpoint !== null && { endpoint }) }
    }
  }
  throw invalidOption('--store', text, EXPECTED, 'For example --store redis://localhost')
}

/** Opens a store, with a client of its own that is closed with it. What it needs is loaded only now. */
export async function openStore(address: StoreAddress): Promise<Store> {
  switch (address.kind) {
    case 'sqlite': {
      const { sqliteStore } = await import('@headgate/sqlite')
      return sqliteStore({ file: address.file })
    }
    case 'redis': {
      const [{ redisStore, fromIoredis }, { Redis }] = await Promise.all([
        import('@headgate/redis'),
        import('ioredis'),
      ])
      const client = new Redis(address.url, {
        lazyConnect: true,
        enableOfflineQueue: false,
        maxRetriesPerRequest: 0,
      })
      // Without a listener it would be printed; a call that fails tells of it.
      client.on('error', () => {})
      await client.connect()
      const store = redisStore(fromIoredis(client), { timeout: TIMEOUT_MS })
      return closing(store, async () => client.disconnect())
    }
    case 'postgres': {
      const [{ postgresStore }, { default: pg }] = await Promise.all([
        import('@headgate/postgres'),
        import('pg'),
      ])
      const pool = new pg.Pool({ connectionString: address.url, connectionTimeoutMillis: 10_000 })
      pool.on('error', () => {})
      return closing(postgresStore({ pool, timeout: TIMEOUT_MS }), () => pool.end())
    }
    case 'dynamodb': {
      const { table, region, endpoint } = address
      const [{ dynamodbStore }, { DynamoDBClient }] = await loadDynamo()
      const client = new DynamoDBClient({ region, ...(endpoint !== undefined && { endpoint }) })
      return closing(dynamodbStore({ client, table, timeout: TIMEOUT_MS }), async () => client.destroy())
    }
  }
}

/** The AWS SDK is large, so it is there only if the user brought it. */
async function loadDynamo() {
  try {
    return await Promise.all([import('@headgate/dynamodb'), import('@aws-sdk/client-dynamodb')])
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error
    const packages = '@headgate/dynamodb @aws-sdk/client-dynamodb'
    throw usageError('The DynamoDB store is not installed', `Install it: npm install ${packages}`)
  }
}

function closing(store: Store, closeClient: () => Promise<unknown>): Store {
  return {
    ...store,
    async close() {
      await store.close()
      await closeClient()
    },
  }
}
