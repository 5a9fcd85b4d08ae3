// `node benchmarks/run.mjs [names…] [--quick] [--write] [--list]`; `npm run bench` builds the packages first.
if (!process.features.typescript) {
  console.error(`headgate: the benchmarks need Node 22.18 or newer, not ${process.version}`)
  process.exit(2)
}
await import('./src/main.ts')
