import type {} from 'vitest'

declare module 'vitest' {
  /** What a test may `inject`: the URLs of the servers of its run. */
  export interface ProvidedContext {
    redisUrl: string
    postgresUrl: string
    dynamoUrl: string
  }
}

/** The name under which a server's URL is provided. */
export type Provided = 'redisUrl' | 'postgresUrl' | 'dynamoUrl'
