import { createApp } from './app.ts'

/** What Deno tells of a connection. */
interface Info {
  readonly remoteAddr: { readonly hostname: string }
}
declare const Deno: {
  readonly env: { get(name: string): string | undefined }
  serve(
    options: { readonly port: number; readonly hostname: string },
    handler: (request: Request, info: Info) => Promise<Response>,
  ): void
}

Deno.serve(
  { port: Number(Deno.env.get('PORT')), hostname: '127.0.0.1' },
  createApp<Info>({ address: (_, { remoteAddr }) => remoteAddr.hostname }),
)
