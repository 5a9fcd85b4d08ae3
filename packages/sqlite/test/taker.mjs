// One of several processes at a file: takes from one key, awaited and at once, and says how many it was given.
import { createLimiter, fixedWindow } from '@headgate/core'
import { sqliteStore } from '@headgate/sqlite'

const [file, tries] = process.argv.slice(2)
process.send('ready')
process.once('message', async () => {
  const store = sqliteStore({ file })
  const limiter = createLimiter({ store, limits: { total: fixedWindow({ limit: 1_000, window: '365d' }) } })
  let admitted = 0
  for (let left = Number(tries); left > 0; left -= 10) {
    const awaited = await Promise.all(Array.from({ length: 8 }, () => limiter.consume('shared')))
    const decisions = [...awaited, limiter.consumeSync('shared'), limiter.consumeSync('shared')]
    admitted += decisions.filter(({ allowed }) => allowed).length
  }
  await store.close()
  process.send(admitted)
  process.disconnect()
})
