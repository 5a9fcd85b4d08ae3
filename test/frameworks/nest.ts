import 'reflect-metadata'
import type { AddressInfo } from 'node:net'
import { HeadgateError } from '@headgate/core'
import { RateLimitDecision, RateLimitModule, type RateLimitOptions } from '@headgate/nest'
import {
  All,
  type ArgumentsHost,
  Catch,
  Controller,
  Get,
  type HttpServer,
  Param,
  Res,
  type Type,
} from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { ExpressAdapter } from '@nestjs/platform-express'
import { FastifyAdapter } from '@nestjs/platform-fastify'
import { bytes, type Framework, held } from './framework.ts'

// Decorators are called as the functions that they are: Nest's aren't those of the standard.
class AppController {
  hello(): string {
    return 'hello'
  }

  status(status: string, response: { status(status: number): unknown }): string {
    response.status(Number(status))
    return 'done'
  }

  bytes(count: string): string {
    return bytes(count)
  }

  held(): Promise<string> {
    return held()
  }

  decision(decision: { readonly remaining: number } | undefined): { remaining: number | undefined } {
    return { remaining: decision?.remaining }
  }
}
Controller()(AppController)
decorate('hello', All('hello'))
decorate('status', Get('status/:status'), Param('status'), Res({ passthrough: true }))
decorate('bytes', Get('bytes/:count'), Param('count'))
decorate('held', Get('held'))
decorate('decision', Get('decision'), RateLimitDecision())

function decorate(
  name: keyof AppController,
  method: MethodDecorator,
  ...parameters: ParameterDecorator[]
): void {
  const { prototype } = AppController
  method(prototype, name, Object.getOwnPropertyDescriptor(prototype, name) as PropertyDescriptor)
  parameters.forEach((parameter, i) => {
    parameter(prototype, name, i)
  })
}

/** Nest prints what its own handler answers. */
class FailureFilter {
  readonly #adapter: HttpServer

  constructor(adapter: HttpServer) {
    this.#adapter = adapter
  }

  catch(_: HeadgateError, host: ArgumentsHost): void {
    this.#adapter.reply(host.switchToHttp().getResponse(), 'failed', 500)
  }
}
Catch(HeadgateError)(FailureFilter)

function nestOn(name: string, Adapter: Type<ExpressAdapter | FastifyAdapter>): Framework {
  return {
    name: `nest on ${name}`,
    header: (request, field) => (request as { headers: Record<string, string | undefined> }).headers[field],
    async serve(options) {
      const module = {
        module: class AppModule {},
        imports: [RateLimitModule.forRoot(options as RateLimitOptions<object>)],
        controllers: [AppController],
      }
      const app = await NestFactory.create(module, new Adapter(), {
        logger: false,
        abortOnError: false,
        forceCloseConnections: true,
      })
      app.useGlobalFilters(new FailureFilter(app.getHttpAdapter()))
      await app.listen(0, '127.0.0.1')
      const { port } = app.getHttpServer().address() as AddressInfo
      return { port, close: () => app.close() }
    },
  }
}

export const frameworks: readonly Framework[] = [
  nestOn('express', ExpressAdapter),
  nestOn('fastify', FastifyAdapter),
]
