import { fork } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { expect, inject, test } from 'vitest'
import { atOnce, countOf, later } from './support.ts'

const LIMIT = 100

async function startApp(prefix: string): Promise<string> {
  const app = fork(new URL('./express-app.mjs', import.meta.url), [inject('redisUrl'), prefix, `${LIMIT}`], {
    execArgv: ['--conditions=@headgate/source', '--no-warnings'],
  })
  later(async () => {
    const exit = once(app, 'exit')
    app.disconnect()
    await exit
  })
  const failed = once(app, 'exit').then(([code]) => Promise.reject(new Error(`the app ended with ${code}`)))
  failed.catch(() => undefined)
  const [port] = await Promise.race([once(app, 'message'), failed])
  return `http://127.0.0.1:${port}/`
}

test('two processes at one Redis admit exactly the limit between them', async () => {
  const prefix = randomUUID()
  const apps = await Promise.all([startApp(prefix), startApp(prefix)])
  const answers = await atOnce(apps, 400)
  expect(countOf(answers, 200)).toBe(LIMIT)
  expect(countOf(answers, 429)).toBe(400 - LIMIT)
})
