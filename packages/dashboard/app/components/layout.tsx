import type { ComponentChildren } from 'preact'
import { isLost } from '../lib/connection.ts'
import { notice } from '../lib/notice.ts'
import { place } from '../lib/router.ts'
import { canManage, logOut, who } from '../lib/session.ts'
import { Logo } from './logo.tsx'

const PAGES = [
  ['traffic', 'Traffic', '#/'],
  ['customers', 'Customers', '#/customers'],
  ['plans', 'Plans', '#/plans'],
  ['usage', 'Usage', '#/usage'],
  ['changes', 'Changes', '#/changes'],
] as const

export function Layout({ children }: { readonly children: ComponentChildren }) {
  const current = place.value.parts[0] || 'traffic'
  return (
    <>
      <button type="button" class="skip-link" onClick={() => document.getElementById('content')?.focus()}>
        Skip to the content
      </button>
      <header class="top">
        <a class="brand" href="#/">
          <Logo /> Headgate
        </a>
        <nav aria-label="Pages">
          {PAGES.map(([page, title, to]) => (
            <a key={page} href={to} {...(page === current && { 'aria-current': 'page' as const })}>
              {title}
            </a>
          ))}
        </nav>
        <div class="account">
          <span class="who">
            <b>{who.value?.name}</b> {canManage.value ? 'may manage' : 'may read'}
          </span>
          <button type="button" class="plain" onClick={() => logOut()}>
            Log out
          </button>
        </div>
      </header>
      <div class="banners" aria-live="assertive">
        {isLost.value && (
          <p class="banner banner-bad">
            <b>The service does not answer.</b> What is shown is from before. It is asked again every two
            seconds.
          </p>
        )}
      </div>
      <main id="content" tabIndex={-1}>
        {children}
      </main>
      <div class="notice" role="status">
        {notice.value}
      </div>
    </>
  )
}
