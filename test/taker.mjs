// One of several processes at a store: for each round that it is told of, asks one key so many times, and says how often it was
// allowed.
import { createLimiter } from '@headgate/core'
import { openAt } from './stores.ts'

/** How many questions are under way at once. */
const TOGETHER = 64

process.on('message', async ({ place, limit, key, requests }) => {
  const { store, close } = await openAt(place)
  const limiter = createLimiter({ store, name: 'race', limits: { only: limit } })
  let left = requests
  let admitted = 0
  const lane = async () => {
    while (left-- > 0) if ((await limiter.consume(key)).allowed) admitted++
  }
  try {
    await Promise.all(Array.from({ length: TOGETHER }, lane))
    await close()
    process.send({ admitted })
  } catch (error) {
    process.send({ error: error.stack })
  }
})
process.once('disconnect', () => process.exit())
process.send('ready')
