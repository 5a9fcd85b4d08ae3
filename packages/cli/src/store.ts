import { invalidOption, type Store } from '@headgate/core'
import { usageError } from './errors.ts'

/** Where a store is, as a command line says it. */
export type StoreAddress =
  | { readonly kind: 'memory' }
  | { readonly kind: 'sqlite'; readonly file: string }
  | { readonly kind: 'redis' | 'postgres'; readonly url: string }
  | { readonly kind: 'dynamodb'; readonly table: string; readonly region: string; readonly endpoint?: string }

/** How a store is opened. */
export interface OpenOptions {
  /**
   * For a service, whose callers can't wait: deadlines are the store's own, and a server that isn't there doesn't keep the store
   * from being opened, which works as soon as it is. The function is told what is wrong with the server. Unless told, the
   * store is for a command, which may wait.
   */
  readonly onProblem?: (problem: string) => void
}

/** A command is no request: it may wait. */
const PATIENT = { timeout: 30_000 }
const EXPECTED = 'memory, sqlite:FILE, redis://…, postgres://… or dynamodb://TABLE'

/** @throws {@link HeadgateError} `INVALID_OPTION` */
export function storeAddress(text: string): StoreAddress {
  if (text === 'memory') return { kind: 'memory' }
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

/** Where things are, as a command line says it, or else the environment, where what is empty says nothing. */
export function saidPlaces(
  { database, store }: { readonly database?: string | undefined; readonly store?: string | undefined },
  env: NodeJS.ProcessEnv,
): { readonly database: string | undefined; readonly store: string | undefined } {
  return {
    database: database ?? (env['HEADGATE_DATABASE'] || undefined),
    store: store ?? (env['HEADGATE_STORE'] || undefined),
  }
}

/**
 * The address of a PostgreSQL database, as `--database` says it.
 *
 * @throws {@link HeadgateError} `INVALID_OPTION`
 */
export function databaseUrl(text: string, fix: string): string {
  if (URL.canParse(text) && /^postgres(ql)?:$/.test(new URL(text).protocol)) return text
  throw invalidOption('--database', text, 'postgres://HOST/DATABASE', fix)
}

/** Opens a store, with a client of its own that is closed with it. What it needs is loaded only now. */
export async function openStore(address: StoreAddress, { onProblem }: OpenOptions = {}): Promise<Store> {
  const patience = onProblem === undefined ? PATIENT : {}
  switch (address.kind) {
    case 'memory': {
      const { memoryStore } = await import('@headgate/memory')
      return memoryStore()
    }
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
        ...(onProblem !== undefined && { socketTimeout: 5_000, retryStrategy: () => 100 }),
      })
      // Without a listener it would be printed; a call that fails tells of it too.
      client.on('error', (error) => onProblem?.(`Redis: ${error.message}`))
      const connected = client.connect()
      if (onProblem === undefined) await connected
      else connected.catch(() => {})
      const store = redisStore(fromIoredis(client), {
        ...patience,
        ...(onProblem !== undefined && { onWarning: onProblem }),
      })
      return closing(store, async () => client.disconnect())
    }
    case 'postgres': {
      const [{ postgresStore }, { default: pg }] = await Promise.all([
        import('@headgate/postgres'),
        import('pg'),
      ])
      const pool = new pg.Pool({
        connectionString: address.url,
        connectionTimeoutMillis: onProblem === undefined ? 10_000 : 1_000,
      })
      pool.on('error', (error) => onProblem?.(`PostgreSQL: ${error.message}`))
      return closing(postgresStore({ pool, ...patience }), () => pool.end())
    }
    case 'dynamodb': {
      const { table, region, endpoint } = address
      const [{ dynamodbStore }, { DynamoDBClient }] = await loadDynamo()
      const client = new DynamoDBClient({ region, ...(endpoint !== undefined && { endpoint }) })
      return closing(dynamodbStore({ client, table, ...patience }), async () => client.destroy())
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
