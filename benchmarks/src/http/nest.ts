import 'reflect-metadata'
import type { Server } from 'node:http'
import {
  type CanActivate,
  Controller,
  type DynamicModule,
  Get,
  HttpException,
  Module,
  type ModuleMetadata,
} from '@nestjs/common'
import { APP_GUARD, NestFactory } from '@nestjs/core'
import type { NestExpressApplication } from '@nestjs/platform-express'
import type { Response } from 'express'
import type { Limiters, MakeApplication } from './application.ts'
import { handWritten } from './hand-written.ts'
import { headgateOptions } from './headgate.ts'

export const nestServer: MakeApplication = async (limiting, allowance) => {
  const limiter = limiting === 'none' ? {} : await LIMITERS[limiting](allowance)
  const root: DynamicModule = { module: Root, controllers: [Greeter], ...limiter }
  const app = await NestFactory.create<NestExpressApplication>(root, { logger: false })
  await app.init()
  return app.getHttpServer() as Server
}

// What decorators would do: Node runs these sources by leaving out their types, and decorators are more than that.
class Root {}
Module({})(Root)

class Greeter {
  hello(): string {
    return 'hello'
  }
}
Controller()(Greeter)
Get()(
  Greeter.prototype,
  'hello',
  Object.getOwnPropertyDescriptor(Greeter.prototype, 'hello') as PropertyDescriptor,
)

const LIMITERS: Limiters<ModuleMetadata> = {
  async 'hand-written'(allowance) {
    const { policy, take } = handWritten(allowance)
    const guard: CanActivate = {
      canActivate(context) {
        const http = context.switchToHttp()
        const response = http.getResponse<Response>()
        const { allowed, seconds, standing } = take(http.getRequest().socket.remoteAddress)
        response.setHeader('RateLimit-Policy', policy)
        response.setHeader('RateLimit', standing)
        if (allowed) return true
        response.setHeader('Retry-After', seconds)
        throw new HttpException('Too many requests', 429)
      },
    }
    return { providers: [{ provide: APP_GUARD, useValue: guard }] }
  },
  async headgate(allowance) {
    const { RateLimitModule } = await import('@headgate/nest')
    return { imports: [RateLimitModule.forRoot(headgateOptions(allowance))] }
  },
  async peer({ units, windowMs }) {
    const { ThrottlerGuard, ThrottlerModule } = await import('@nestjs/throttler')
    return {
      imports: [ThrottlerModule.forRoot([{ limit: units, ttl: windowMs }])],
      providers: [{ provide: APP_GUARD, useClass: ThrottlerGuard }],
    }
  },
}
