import { type HttpBindings, serve } from '@hono/node-server'
import { createApp } from './app.ts'

const app = createApp<HttpBindings>({ address: (_, { incoming }) => incoming.socket.remoteAddress })

serve({ fetch: app as never, port: Number(process.env['PORT']), hostname: '127.0.0.1' })
