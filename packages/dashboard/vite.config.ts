import { join } from 'node:path'
import { defineConfig } from 'vite'

export default defineConfig({
  root: join(import.meta.dirname, 'app'),
  cacheDir: join(import.meta.dirname, 'node_modules', '.vite'),
  // Relative: it also works under a path of a proxy.
  base: './',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: join(import.meta.dirname, 'dist', 'app'),
    emptyOutDir: true,
    target: 'baseline-widely-available',
    // Nothing as `data:`, which a strict Content-Security-Policy forbids.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    // What is built in asks that its licences go with it.
    license: { fileName: 'licenses.md' },
  },
})
