import { type DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb'
import { createLimiter, fixedWindow, type HeadgateError, tokenBucket } from '@headgate/core'
import { startDynamo, startProxy } from '@headgate/services'
import { expect, inject, onTestFinished, test } from 'vitest'
import { createTable, dynamodbStore, type RequestReport } from '../src/index.ts'
import { ask, connect, connectForTest, freshId, START, TABLE } from './support.ts'

/** Milliseconds that a machine at full load may add: without a deadline a call would take far longer, or for ever. */
const BUSY = 2_000

/** An error as DynamoDB sends it. */
function serverError(name: string, more: object = {}): Error {
  return Object.assign(new Error(`injected ${name}`), { name, $metadata: { httpStatusCode: 400 }, ...more })
}

/** Lets `fault` stand between the store and DynamoDB, for as long as it returns something. */
function spoil(
  client: DynamoDBClient,
  fault: (n: number, go: () => Promise<unknown>) => Promise<unknown>,
): { readonly sent: () => number } {
  let n = 0
  client.middlewareStack.add((next) => async (args) => (await fault(n++, () => next(args))) as never, {
    step: 'finalizeRequest',
    priority: 'low',
    name: 'fault',
  })
  return { sent: () => n }
}

/** A client whose own retries would show. */
function patientClient(): Promise<DynamoDBClient> {
  return connectForTest(undefined, { maxAttempts: 5 })
}

test.each([
  'ThrottlingException',
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'TransactionConflictException',
])('what was turned away by %s is sent again', async (name) => {
  const client = await patientClient()
  const reports: RequestReport[] = []
  const store = dynamodbStore({ client, timeout: 5_000, onRequest: (report) => reports.push(report) })
  const id = freshId()
  const { sent } = spoil(client, async (n, go) => {
    if (n < 3) throw serverError(name)
    return go()
  })
  expect((await store.decide([ask(id)], START)).results[0]?.allowed).toBe(true)
  expect(sent()).toBe(4)
  expect(reports.map(({ outcome }) => outcome)).toEqual(['turned-away', 'turned-away', 'turned-away', 'done'])
  expect((await store.decide([ask(id, 3)], START)).results[0]?.allowed).toBe(false)
  expect((await store.decide([ask(id, 2)], START)).results[0]?.allowed).toBe(true)
})

test('a request that was signed by a wrong clock is sent again, once the SDK has put it right', async () => {
  const client = await patientClient()
  const store = dynamodbStore({ client, timeout: 5_000 })
  const { sent } = spoil(client, async (n, go) => {
    if (n > 0) return go()
    const $response = { statusCode: 403, headers: { date: new Date(Date.now() + 600_000).toUTCString() } }
    throw serverError('InvalidSignatureException', { $response })
  })
  expect((await store.decide([ask(freshId())], START)).results[0]?.allowed).toBe(true)
  expect(sent()).toBe(2)
})

test('a transaction that is cancelled for a conflict is sent again', async () => {
  const client = await patientClient()
  const store = dynamodbStore({ client, timeout: 5_000 })
  const ids = [freshId(), freshId()]
  const cancelled = serverError('TransactionCanceledException', {
    CancellationReasons: [{ Code: 'None' }, { Code: 'TransactionConflict' }],
  })
  const { sent } = spoil(client, async (n, go) => {
    if (n < 2) throw cancelled
    return go()
  })
  const { results } = await store.decide(
    ids.map((id) => ask(id, 3)),
    START,
  )
  expect(results.map(({ allowed }) => allowed)).toEqual([true, true])
  expect(sent()).toBe(3)
})

test('what conflicts for good ends in time, and says so', async () => {
  const client = await patientClient()
  const store = dynamodbStore({ client, timeout: 1_000 })
  spoil(client, async () => {
    throw serverError('TransactionConflictException')
  })
  const from = performance.now()
  const failure = (await store.decide([ask(freshId())], START).catch((error) => error)) as HeadgateError
  expect(failure).toMatchObject({ code: 'STORE_FAILED', cause: { name: 'TransactionConflictException' } })
  expect(performance.now() - from).toBeLessThan(1_000 + BUSY)
})

test.each([
  ['the connection breaks', () => Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' })],
  ['the server fails', () => serverError('InternalServerError', { $metadata: { httpStatusCode: 500 } })],
  ['the client times out', () => Object.assign(new Error('timeout'), { name: 'TimeoutError' })],
])('after execution %s: an error, never sent again, and taken once', async (_, makeError) => {
  const client = await patientClient()
  const store = dynamodbStore({ client, timeout: 5_000 })
  const [id, other] = [freshId(), freshId()]
  let broken = true
  const { sent } = spoil(client, async (_, go) => {
    const result = await go()
    if (broken) throw makeError()
    return result
  })
  const cause = makeError()
  await expect(store.decide([ask(id)], START)).rejects.toMatchObject({
    code: 'STORE_FAILED',
    cause: { message: cause.message },
  })
  expect(sent()).toBe(1)
  await expect(store.decide([ask(id), ask(other)], START)).rejects.toMatchObject({ code: 'STORE_FAILED' })
  // What is in the table isn't known any more, so the first guess is told what it is.
  expect(sent()).toBe(3)
  broken = false
  for (const [asked, room] of [
    [id, 1],
    [other, 2],
  ] as const) {
    expect((await store.decide([ask(asked, room + 1)], START)).results[0]?.allowed).toBe(false)
    expect((await store.decide([ask(asked, room)], START)).results[0]?.allowed).toBe(true)
  }
})

test('each error says what to do', async () => {
  const client = await connectForTest()
  const noTable = dynamodbStore({ client, table: 'no-such-table' })
  const missing = { code: 'STORE_FAILED', cause: { name: 'ResourceNotFoundException' } }
  const advice = expect.stringContaining('createTable()')
  await expect(noTable.decide([ask('a')], START)).rejects.toMatchObject({ ...missing, fix: advice })

  const store = dynamodbStore({ client })
  spoil(client, async () => {
    throw serverError('AccessDeniedException')
  })
  const denied = { code: 'STORE_FAILED', fix: expect.stringContaining('README') }
  await expect(store.decide([ask('a')], START)).rejects.toMatchObject(denied)
})

test('an item that others have written is an error, not a decision', async () => {
  const client = await connectForTest()
  const id = freshId()
  const pk = `4:test${id.length}:${id}`
  await client.send(new PutItemCommand({ TableName: TABLE, Item: { pk: { S: pk }, mine: { S: 'x' } } }))
  const store = dynamodbStore({ client })
  const foreign = { code: 'STORE_FAILED', message: expect.stringContaining('units') }
  await expect(store.decide([ask(id)], START)).rejects.toMatchObject(foreign)
})

test('a server that is killed and restarted three times under load', { timeout: 60_000 }, async () => {
  const server = await startDynamo()
  onTestFinished(() => server.stop())
  const client = connect(server.url)
  onTestFinished(() => client.destroy())
  const timeout = 500
  const store = dynamodbStore({ client, timeout })
  const limiter = createLimiter({ store, limits: { rate: fixedWindow({ limit: 1_000_000, window: '1d' }) } })
  await createTable(client)

  let over = false
  let slowest = 0
  let answered = 0
  let failed = 0
  const load = Array.from({ length: 16 }, async (_, i) => {
    while (!over) {
      const from = performance.now()
      try {
        await limiter.consume(`user-${i % 4}`)
        answered++
      } catch (error) {
        expect(error).toMatchObject({ code: expect.stringMatching(/^STORE_(FAILED|TIMEOUT)$/) })
        failed++
        await new Promise((resolve) => setTimeout(resolve, 5))
      }
      slowest = Math.max(slowest, performance.now() - from)
    }
  })
  for (let round = 0; round < 3; round++) {
    await new Promise((resolve) => setTimeout(resolve, 200))
    await server.kill()
    await new Promise((resolve) => setTimeout(resolve, 200))
    await server.restart()
    // Its tables were in memory.
    await createTable(client)
    const [before, back] = [answered, performance.now()]
    while (answered === before) await new Promise((resolve) => setTimeout(resolve, 5))
    expect(performance.now() - back).toBeLessThan(BUSY)
  }
  over = true
  await Promise.all(load)
  await store.close()
  expect(answered).toBeGreaterThan(100)
  expect(failed).toBeGreaterThan(10)
  expect(slowest).toBeLessThan(timeout + BUSY)
})

test.each(['blackhole', 'drop-replies'] as const)(
  'a network that turns %s: all end in time, and sockets stay few',
  {
    timeout: 60_000,
  },
  async (mode) => {
    const { port } = new URL(inject('dynamoUrl'))
    const proxy = await startProxy({ port: Number(port) })
    onTestFinished(() => proxy.stop())
    const client = connect(`http://127.0.0.1:${proxy.port}`)
    onTestFinished(() => client.destroy())
    await createTable(client)
    const store = dynamodbStore({ client, timeout: 300, maxInFlight: 20, maxWaiting: 200 })
    await store.decide([ask(freshId())], START)

    proxy.mode = mode
    const codes: string[] = []
    let most = 0
    for (let wave = 0; wave < 3; wave++) {
      const from = performance.now()
      const calls = Array.from({ length: 2_000 }, () =>
        store.decide([ask(freshId())], START).then(
          () => codes.push('answered'),
          (error: HeadgateError) => codes.push(error.code),
        ),
      )
      const watch = setInterval(() => {
        most = Math.max(most, proxy.connections)
      }, 10)
      await Promise.all(calls)
      clearInterval(watch)
      expect(performance.now() - from).toBeLessThan(300 + BUSY)
    }
    expect(new Set(codes)).toEqual(new Set(['STORE_TIMEOUT', 'STORE_OVERLOADED']))
    expect(codes).toHaveLength(6_000)
    expect(most).toBeGreaterThan(0)
    expect(most).toBeLessThanOrEqual(2 * 20)

    proxy.mode = 'pass'
    const back = performance.now()
    const answers = await Promise.allSettled([1, 2, 3].map(() => store.decide([ask(freshId())], START)))
    expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled'])
    expect(performance.now() - back).toBeLessThan(BUSY)
    await store.close()
  },
)

test('a reply that is lost on the way was a decision all the same, and is made once', async () => {
  const { port } = new URL(inject('dynamoUrl'))
  const proxy = await startProxy({ port: Number(port) })
  onTestFinished(() => proxy.stop())
  const client = await connectForTest(`http://127.0.0.1:${proxy.port}`, { maxAttempts: 5 })
  const store = dynamodbStore({ client, timeout: 200 })
  const id = freshId()
  proxy.mode = 'drop-replies'
  await expect(store.decide([ask(id)], START)).rejects.toMatchObject({ code: 'STORE_TIMEOUT' })
  proxy.mode = 'refuse'
  await expect(store.decide([ask(id)], START)).rejects.toMatchObject({ code: 'STORE_FAILED' })
  proxy.mode = 'pass'
  expect((await store.decide([ask(id, 3)], START)).results[0]?.allowed).toBe(false)
  expect((await store.decide([ask(id, 2)], START)).results[0]?.allowed).toBe(true)
})

test('a request that hangs gives its key up at its deadline, and does not take afterwards', async () => {
  const client = await connectForTest()
  const store = dynamodbStore({ client, timeout: 300 })
  const id = freshId()
  const limit = tokenBucket({ capacity: 100, refill: 1, per: '1h' })
  let letGo = (): void => {}
  const gate = new Promise<void>((resolve) => {
    letGo = resolve
  })
  spoil(client, async (n, go) => {
    if (n === 0) await gate
    return go()
  })
  const hangs = store.decide([ask(id, 50, limit)], START).catch((error: HeadgateError) => error.code)
  await new Promise((resolve) => setTimeout(resolve, 100))
  const behind = await Promise.all([5, 7].map((cost) => store.decide([ask(id, cost, limit)], START)))
  expect(behind.map(({ results }) => results[0]?.allowed)).toEqual([true, true])
  expect(await hangs).toBe('STORE_TIMEOUT')
  letGo()
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect((await store.decide([ask(id, 89, limit)], START)).results[0]?.allowed).toBe(false)
  expect((await store.decide([ask(id, 88, limit)], START)).results[0]?.allowed).toBe(true)
})

test('a client that tries anything again is kept from it', async () => {
  let retries = 0
  const token = { getRetryCount: () => retries, getRetryDelay: () => 0 }
  const retryStrategy = {
    acquireInitialRetryToken: async () => token,
    async refreshRetryTokenForRetry() {
      if (++retries > 3) throw new Error('enough')
      return token
    },
    recordSuccess() {},
  }
  const client = await connectForTest(undefined, { retryStrategy })
  retries = 0
  const store = dynamodbStore({ client })
  const { sent } = spoil(client, async () => {
    throw Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' })
  })
  await expect(store.decide([ask(freshId())], START)).rejects.toMatchObject({ code: 'STORE_FAILED' })
  expect(retries).toBeGreaterThan(1)
  expect(sent()).toBe(1)
})

test('closing waits for what is under way, and refuses what comes later', async () => {
  const client = await connectForTest()
  const store = dynamodbStore({ client })
  let over = false
  const decision = store.decide([ask(freshId())], START).then(() => {
    over = true
  })
  await store.close()
  expect(over).toBe(true)
  await decision
  for (const call of [
    () => store.decide([ask('a')], START),
    () => store.adjust([], START),
    () => store.delete([ask('a')]),
  ]) {
    await expect(call()).rejects.toMatchObject({ code: 'STORE_CLOSED' })
  }
  // The client is still the caller's.
  expect((await dynamodbStore({ client }).decide([ask(freshId())], START)).results[0]?.allowed).toBe(true)
})
