import { findChromium } from '@headgate/services'
import { type Browser, chromium } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe } from 'vitest'
import { buildDashboard } from './build.ts'
import { access } from './suites/access.ts'
import { changes } from './suites/changes.ts'
import { customers } from './suites/customers.ts'
import { everyone } from './suites/everyone.ts'
import { hostile } from './suites/hostile.ts'
import { logIn } from './suites/log-in.ts'
import { outage } from './suites/outage.ts'
import { plans } from './suites/plans.ts'
import { traffic } from './suites/traffic.ts'
import { usage } from './suites/usage.ts'
import { opener } from './support.ts'

const found = await findChromium(import.meta.filename)
const missing =
  found === undefined ? 'no Chromium is installed, and the packed one is for Linux on x64' : undefined

let browser: Browser | undefined
beforeAll(async () => {
  if (found === undefined) return
  await buildDashboard()
  const { executablePath, env, args } = found
  browser = await chromium.launch({ executablePath, env, args: [...args], chromiumSandbox: false })
}, 120_000)
afterAll(() => browser?.close())
beforeEach(({ skip }) => skip(missing !== undefined, missing))

const open = opener(() => browser as Browser)

// One file, so that the dashboard is built once and one browser is started.
describe('log-in', () => logIn(open))
describe('traffic', () => traffic(open))
describe('customers', () => customers(open))
describe('plans', () => plans(open))
describe('usage', () => usage(open))
describe('changes', () => changes(open))
describe('who may do what', () => access(open))
describe('hostile names', () => hostile(open))
describe('the service goes away', () => outage(open))
describe('for everyone', () => everyone(open))
