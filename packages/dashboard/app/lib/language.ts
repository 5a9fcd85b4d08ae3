// uPlot makes a number format of the browser's language as soon as it is loaded, and Chromium's is `en-US@posix` where the system
// has none (`LANG=C`), which is no language to `Intl`.
try {
  new Intl.NumberFormat(navigator.language)
} catch {
  Object.defineProperty(navigator, 'language', { value: 'en-US' })
}
