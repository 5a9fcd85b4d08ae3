import { once } from 'node:events'
import { createServer as createHttpServer, type IncomingMessage, request } from 'node:http'
import { type AddressInfo, createServer } from 'node:net'
import { memoryStore } from '@headgate/memory'
import { createService, memoryRegistry, type ServiceOptions } from '@headgate/server'
import { createUsage, memoryLedger, type Usage } from '@headgate/usage'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { expect, onTestFinished } from 'vitest'

export const TOKENS = {
  decide: 'decide-0123456789abcdef',
  read: 'read-0123456789abcdef',
  manage: 'manage-0123456789abcdef',
} as const

export const PLANS = {
  default: 'free',
  plans: {
    free: { rate: { limit: 5, per: '1h' }, daily: 1_000 },
    pro: { rate: { limit: 600, per: '1m' }, burst: 1_200, monthly: 1_000_000, priority: 10 },
    huge: {
      extends: 'pro',
      monthly: null,
      limits: { exports: { algorithm: 'sliding-log', limit: 10, window: '1h' } },
    },
  },
} as const

/** An answer of the service. */
interface Reply {
  readonly status: number
  readonly text: string
  // biome-ignore lint/suspicious/noExplicitAny: what is in it is what a test looks at
  readonly json: any
}

export interface Running {
  readonly url: string
  readonly port: number
  readonly usage: Usage
  /** With the token of `manage`. */
  ask(method: string, path: string, body?: unknown): Promise<Reply>
  /** Decides so many times; the answers in their order. */
  consume(subject: string, times?: number): Promise<{ readonly allowed: boolean; readonly plan: string }[]>
  stop(): Promise<void>
}

export interface Serving extends Partial<ServiceOptions> {
  /** One of its own unless told. */
  readonly port?: number
  readonly keepsUsage?: boolean
}

/** A real service; it goes with the test. */
export async function serve({ port, keepsUsage = true, ...options }: Serving = {}): Promise<Running> {
  const usage = createUsage({ ledger: memoryLedger(), flushEvery: '1h' })
  const service = await createService({
    store: memoryStore(),
    registry: memoryRegistry(PLANS),
    ...(keepsUsage && { usage }),
    tokens: Object.entries(TOKENS).map(([scope, token]) => ({
      name: `the-${scope}r`,
      scope: scope as keyof typeof TOKENS,
      token,
    })),
    ...options,
  })
  const own = port ?? (await freePort())
  const url = await service.listen({ port: own })
  let isStopped = false
  const stop = async (): Promise<void> => {
    if (isStopped) return
    isStopped = true
    // The browser keeps its connections, which would be waited for.
    service.app.server.closeAllConnections()
    await service.close()
    await usage.close()
  }
  onTestFinished(stop)

  const ask: Running['ask'] = async (method, path, body) => {
    const response = await fetch(`${url}/v1/${path}`, {
      method,
      headers: {
        authorization: `Bearer ${TOKENS.manage}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    const isJson = /json/.test(response.headers.get('content-type') ?? '')
    return { status: response.status, text, json: isJson ? JSON.parse(text) : undefined }
  }
  return {
    url,
    port: own,
    usage,
    ask,
    async consume(subject, times = 1) {
      const answers = []
      for (let i = 0; i < times; i++) answers.push((await ask('POST', 'consume', { subject })).json)
      return answers
    },
    stop,
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** What a proxy says instead of the service. */
interface Instead {
  readonly status: number
  readonly type: string
  readonly body: string
}

export interface Proxy {
  readonly url: string
  /** What it does with a request, which it passes on where this says nothing; it may let wait. */
  before: (asked: IncomingMessage) => Promise<Instead | undefined> | Instead | undefined
}

/** A reverse proxy before a service, such as companies have; it goes with the test. */
export async function proxied(service: Running): Promise<Proxy> {
  const server = createHttpServer(async (asked, answer) => {
    const instead = await proxy.before(asked)
    if (instead !== undefined)
      return void answer.writeHead(instead.status, { 'content-type': instead.type }).end(instead.body)
    const { method, headers, url } = asked
    const passed = request(service.url + url, { method, headers }, (from) => {
      answer.writeHead(from.statusCode ?? 502, from.headers)
      from.pipe(answer)
    })
    passed.once('error', () => answer.destroy())
    asked.pipe(passed)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  const proxy: Proxy = { url: `http://127.0.0.1:${port}`, before: () => undefined }
  return proxy
}

/** Where a company's proxy asks people to log in, or says that something is down. */
export function html(status: number): Instead {
  return { status, type: 'text/html', body: '<!doctype html><title>Example Corp</title><h1>Proxy</h1>' }
}

interface Opening {
  /** Undefined is the one of `manage`, `null` is none. */
  readonly token?: string | null
  /** `"customers/acme"`. */
  readonly at?: string
  readonly context?: BrowserContextOptions
  /** What the browser says that its language is. */
  readonly language?: string
}

export type Open = (service: Pick<Running, 'url'>, opening?: Opening) => Promise<Page>

/**
 * Opens pages in contexts of their own. A page must not write an error to its console, throw, break its Content-Security-Policy,
 * ask another host, or fail to find one of its files: that fails the test in which it happens.
 */
export function opener(browser: () => Browser): Open {
  return async ({ url }, { token = TOKENS.manage, at = '', context: options, language } = {}) => {
    const context = await browser().newContext({
      viewport: { width: 1_280, height: 900 },
      timezoneId: 'UTC',
      locale: 'en-US',
      ...options,
    })
    context.setDefaultTimeout(20_000)
    const page = await context.newPage()
    const wrong: string[] = []
    // What an answer of the API says is the page's business, and the test's.
    page.on('console', (message) => {
      const isOfNetwork = message.text().startsWith('Failed to load resource')
      if (['error', 'warning'].includes(message.type()) && !isOfNetwork) wrong.push(message.text())
    })
    page.on('pageerror', (error) => wrong.push(String(error.stack)))
    page.on('dialog', (dialog) => {
      wrong.push(`a dialog: ${dialog.message()}`)
      void dialog.dismiss()
    })
    page.on('request', (request) => {
      if (!request.url().startsWith(`${url}/`) && !request.url().startsWith('blob:'))
        wrong.push(`a request elsewhere: ${request.url()}`)
    })
    page.on('response', (response) => {
      if (response.status() >= 400 && !response.url().includes('/v1/')) wrong.push(`no ${response.url()}`)
    })
    await page.addInitScript(() => {
      addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) =>
        console.error(`the policy ${violatedDirective} forbids ${blockedURI}`),
      )
    })
    onTestFinished(async () => {
      await context.close()
      expect(wrong).toEqual([])
    })

    if (language !== undefined) {
      await page.addInitScript((language) => {
        Object.defineProperty(Navigator.prototype, 'language', { configurable: true, get: () => language })
      }, language)
    }
    const fragment = token === null ? '' : `#token=${token}`
    await page.goto(`${url}/${fragment}`)
    await page.getByRole('heading', { level: 1 }).waitFor()
    if (at !== '') await visit(page, at)
    return page
  }
}

/** Goes to a page of the dashboard, and waits until its data is there. */
export async function visit(page: Page, at: string): Promise<void> {
  await page.evaluate((hash) => {
    location.hash = hash
  }, `#/${at}`)
  await settled(page)
}

/** Nothing says any more that it is loading. */
export async function settled(page: Page): Promise<void> {
  await page.getByRole('heading', { level: 1 }).waitFor()
  await page.waitForFunction(() => !document.querySelector('.loading, [aria-busy="true"]'))
}

/** The cells of a table, row by row, as text. */
export function cellsOf(page: Page, table = 'table'): Promise<string[][]> {
  return page
    .locator(`${table} >> nth=0`)
    .evaluate((table) =>
      [...table.querySelectorAll('tbody tr')].map((row) =>
        [...row.children].map((cell) => (cell.textContent ?? '').trim()),
      ),
    )
}

/** The text of the first of what is found, as it is seen; waits for that. */
export async function textOf(page: Page, selector: string): Promise<string> {
  const found = page.locator(selector).first()
  await found.waitFor()
  return (await found.innerText()).trim()
}

/** A figure of a tile. */
export async function tile(page: Page, name: string): Promise<string> {
  return textOf(page, `.tile:has(dt:text-is("${name}")) .tile-value`)
}

/** Waits until something is so. Nothing of it is about how long it takes. */
export const eventually: { readonly timeout: number } = { timeout: 20_000 }
