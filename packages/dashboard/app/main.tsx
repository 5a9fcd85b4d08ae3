import './lib/language.ts'
import { render } from 'preact'
import { App } from './app.tsx'
import { restoreToken } from './lib/session.ts'

restoreToken()
const root = document.getElementById('app')
if (root) render(<App />, root)
