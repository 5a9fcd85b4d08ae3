import { type ArgumentsHost, Catch, type ExceptionFilter } from '@nestjs/common'
import { answer, type PlatformResponse } from './platform-response.ts'
import { RateLimitedException } from './rate-limited-exception.ts'

/** Answers a denial as the other frameworks' packages do, byte for byte. The module installs it behind all filters of yours. */
export class RateLimitFilter implements ExceptionFilter<RateLimitedException> {
  catch({ verdict }: RateLimitedException, host: ArgumentsHost): void {
    answer(host.switchToHttp().getResponse<PlatformResponse>(), verdict)
  }
}
Catch(RateLimitedException)(RateLimitFilter)
