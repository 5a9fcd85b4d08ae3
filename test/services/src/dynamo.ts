import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { freePort, listen, type MortalService } from './service.ts'

/** A server that speaks DynamoDB's protocol, empty, its tables in memory. Credentials and region may be anything. */
export type Dynamo = MortalService

const require = createRequire(import.meta.url)

export async function startDynamo(): Promise<Dynamo> {
  const name = `@dynoxide/${process.platform}-${process.arch}`
  let bin: string
  try {
    bin = join(dirname(require.resolve(`${name}/package.json`)), 'dynoxide')
  } catch {
    throw new Error(`there is no ${name}: set DYNAMODB_ENDPOINT to a DynamoDB Local`)
  }
  const port = await freePort()
  const start = () => listen(port, bin, ['--port', `${port}`])
  let listener = await start()
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    what: 'dynoxide',
    kill: () => listener.stop('SIGKILL'),
    async restart() {
      listener = await start()
    },
    stop: () => listener.stop('SIGTERM'),
  }
}
