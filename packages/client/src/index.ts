export { createFetch } from './create-fetch.ts'
export type { Fetch, FetchOptions } from './options.ts'
