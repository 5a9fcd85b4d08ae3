import { spawn } from 'node:child_process'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP']

/**
 * Runs a program on this terminal, without a shell, and passes signals on to it.
 * Resolves with `{ code, signal }`: `signal` is the one that ended the child, if one did.
 */
export function run(command, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: 'inherit', ...options })
    const pass = (signal) => {
      // Ctrl-C on a terminal reaches the whole process group: passing it on would make it two.
      if (signal === 'SIGINT' && process.stdin.isTTY) return
      child.kill(signal)
    }
    for (const signal of SIGNALS) process.on(signal, pass)
    const end = (result) => {
      for (const signal of SIGNALS) process.off(signal, pass)
      resolve(result)
    }
    child.once('error', (error) => {
      console.error(`headgate: cannot run ${command}: ${error.message}`)
      end({ code: 127, signal: null })
    })
    child.once('exit', (code, signal) => end({ code: code ?? 1, signal }))
  })
}
