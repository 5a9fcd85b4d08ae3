// The process of one contestant: it makes ready what its task says, then measures whenever it is asked.
// Started by `seat` in seat.ts.
import type { Measure } from './seat.ts'

const { module, task } = JSON.parse(process.argv[2] ?? '{}')

async function answer(work: () => Promise<object>): Promise<void> {
  try {
    process.send?.({ value: await work() })
  } catch (error) {
    process.send?.({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) })
  }
}

let measure: Measure<unknown>
process.once('disconnect', () => process.exit())
process.on('message', (ms: number) => answer(async () => (await measure(ms)) as object))
await answer(async () => {
  measure = await (await import(module)).prepare(task)
  return {}
})
