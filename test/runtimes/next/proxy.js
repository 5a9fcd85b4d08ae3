import { NextResponse } from 'next/server'
import { behindFetch } from '../apps/app.ts'

export const proxy = behindFetch({ proxies: 1 }, () => NextResponse.next())

export const config = { matcher: '/proxy/:path*' }
