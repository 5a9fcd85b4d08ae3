import { createApp } from '../../../apps/app.ts'

const app = createApp({ proxies: 1 })

export { app as GET, app as POST }
