import 'reflect-metadata'
import type { AddressInfo } from 'node:net'
import type { DynamicModule, INestApplication, ModuleMetadata, Type } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { ExpressAdapter } from '@nestjs/platform-express'
import { FastifyAdapter } from '@nestjs/platform-fastify'
import { afterEach } from 'vitest'

export const PLATFORMS: readonly (readonly [string, Type<ExpressAdapter | FastifyAdapter>])[] = [
  ['express', ExpressAdapter],
  ['fastify', FastifyAdapter],
]

/** What a test can ask of a running application. */
export interface Running {
  readonly app: INestApplication
  /** The response to a request, its body read. */
  ask(path: string, init?: RequestInit): Promise<{ status: number; headers: Headers; body: string }>
}

const apps: INestApplication[] = []
afterEach(async () => {
  await Promise.all(apps.splice(0).map((app) => app.close()))
})

/** Starts an application on a free port; `prepare` is called before. It is closed after the test. */
export async function start(
  Adapter: Type<ExpressAdapter | FastifyAdapter>,
  metadata: ModuleMetadata,
  prepare?: (app: INestApplication) => void,
): Promise<Running> {
  const module: DynamicModule = { module: class AppModule {}, ...metadata }
  const app = await NestFactory.create(module, new Adapter(), {
    logger: false,
    abortOnError: false,
    forceCloseConnections: true,
  })
  apps.push(app)
  prepare?.(app)
  await app.listen(0, '127.0.0.1')
  const { port } = app.getHttpServer().address() as AddressInfo
  return {
    app,
    async ask(path, init) {
      const response = await fetch(`http://127.0.0.1:${port}${path}`, init)
      return { status: response.status, headers: response.headers, body: await response.text() }
    },
  }
}

/** The statuses of requests, one after the other. */
export async function statuses(running: Running, ...paths: readonly string[]): Promise<number[]> {
  const all: number[] = []
  for (const path of paths) all.push((await running.ask(path)).status)
  return all
}
