import {
  CreateTableCommand,
  type CreateTableCommandInput,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  UpdateTimeToLiveCommand,
  type UpdateTimeToLiveCommandInput,
} from '@aws-sdk/client-dynamodb'
import type { DynamoClient } from './client.ts'
import { errorName, storeFailed } from './errors.ts'
import { EXPIRES_AT, KEY } from './item.ts'
import { checkCount, checkTable } from './options.ts'

/** What {@link createTable} sends, as data: for templates and for tools of your own. */
export interface TableDefinition {
  readonly table: CreateTableCommandInput
  readonly timeToLive: UpdateTimeToLiveCommandInput
}

/**
 * The definition of the table: one string as its key, billed by request, and a time to live, by which DynamoDB deletes
 * states that count for nothing any more.
 *
 * @throws {@link HeadgateError} `INVALID_OPTION` for a name that no table can have
 * @example
 * ```ts
 * import { tableDefinition } from '@headgate/dynamodb'
 *
 * const { table, timeToLive } = tableDefinition('limits')
 * ```
 */
export function tableDefinition(name?: string): TableDefinition {
  const TableName = checkTable(name)
  return {
    table: {
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: KEY, AttributeType: 'S' }],
      KeySchema: [{ AttributeName: KEY, KeyType: 'HASH' }],
    },
    timeToLive: { TableName, TimeToLiveSpecification: { AttributeName: EXPIRES_AT, Enabled: true } },
  }
}

/** Options of {@link createTable}. */
export interface CreateTableOptions {
  /** The table's name. `"headgate"` unless told. */
  readonly table?: string
  /** Milliseconds to wait for a new table. 60,000 unless told. */
  readonly timeout?: number
}

/**
 * Makes the table if it isn't there, waits until it can be used, and sees to it that its time to live is on. For development and
 * for scripts of a deployment; a process that limits needs no right to make tables.
 *
 * @throws {@link HeadgateError} `INVALID_OPTION`; `STORE_FAILED` when DynamoDB refuses, or the table isn't ready in time
 * @example
 * ```ts
 * import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
 * import { createTable } from '@headgate/dynamodb'
 *
 * await createTable(new DynamoDBClient({ region: 'eu-west-1' }), { table: 'limits' })
 * ```
 */
export async function createTable(client: DynamoClient, options: CreateTableOptions = {}): Promise<void> {
  const { timeout = 60_000 } = options
  checkCount('timeout', timeout, 2 ** 31 - 1, 60_000)
  const { table, timeToLive } = tableDefinition(options.table)
  const name = table.TableName ?? ''
  try {
    await client.send(new CreateTableCommand(table)).catch(unless('ResourceInUseException'))
    await active(client, name, performance.now() + timeout)
    const described = await client.send(new DescribeTimeToLiveCommand({ TableName: name }))
    const status = described.TimeToLiveDescription?.TimeToLiveStatus
    if (status === 'ENABLED' || status === 'ENABLING') return
    await client.send(new UpdateTimeToLiveCommand(timeToLive))
  } catch (error) {
    throw storeFailed(error, name)
  }
}

async function active(client: DynamoClient, name: string, until: number): Promise<void> {
  for (let pause = 20; ; pause = Math.min(pause * 2, 1_000)) {
    const { Table } = await client.send(new DescribeTableCommand({ TableName: name }))
    if (Table?.TableStatus === 'ACTIVE') return
    if (performance.now() + pause > until) throw new Error(`it is still ${Table?.TableStatus}`)
    await new Promise((resolve) => setTimeout(resolve, pause))
  }
}

function unless(name: string) {
  return (error: unknown): undefined => {
    if (errorName(error) !== name) throw error
  }
}
