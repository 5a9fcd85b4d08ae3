import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Sample } from '../interleave.ts'
import { type HttpTask, makeApplication, processorTime, STATUS } from './http.ts'
import type { LoadTask } from './http-load.ts'
import { type Prepare, seat } from './seat.ts'

const LOAD = new URL('./http-load.ts', import.meta.url).href

/** The processor's time of a server whose clients are in a process of their own. */
export const prepare: Prepare<HttpTask, Sample> = async (task) => {
  const server = (await makeApplication(task)) as Server
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const load = await seat<LoadTask, Sample>('the load', LOAD, { port, status: STATUS[task.verdict] })
  return (ms) => processorTime(() => load.sample(ms))
}
