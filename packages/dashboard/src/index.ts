/**
 * The dashboard as a folder of static files, for a server to hand out at its root: `index.html` refers to all others relatively.
 * It needs no inline scripts or styles, and asks no other host: `Content-Security-Policy: default-src 'self'` is enough.
 *
 * @example
 * ```ts
 * import { readdirSync } from 'node:fs'
 * import { dashboardFiles } from '@headgate/dashboard'
 *
 * readdirSync(dashboardFiles) // ['assets', 'favicon.svg', 'index.html']
 * ```
 */
export const dashboardFiles: URL = new URL('../dist/app/', import.meta.url)
