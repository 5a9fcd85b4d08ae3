import { createApp } from './app.ts'

/** As much of Bun's server as is used. */
interface Server {
  requestIP(request: Request): { readonly address: string } | null
}
interface Serve {
  readonly port: number
  readonly hostname: string
  fetch(request: Request, server: Server): Promise<Response>
}
declare const Bun: { readonly env: Record<string, string>; serve(options: Serve): Server }

Bun.serve({
  port: Number(Bun.env['PORT']),
  hostname: '127.0.0.1',
  fetch: createApp<Server>({ address: (request, server) => server.requestIP(request)?.address }),
})
