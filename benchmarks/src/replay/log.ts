import { once } from 'node:events'
import { createReadStream, createWriteStream, existsSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { finished } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'
import { createGunzip } from 'node:zlib'
import { seeded, zipf } from '../random.ts'

/** A recorded log of log-in attempts at a honeypot, which lies beside the checkout on some machines. */
const RECORDED = fileURLToPath(
  new URL('../../../../shared/data/honeypot_logins_2020-01-21_02-08.jsonl.gz', import.meta.url),
)
/** The generated log is like it: as many events of as many addresses in about as many days. */
const EVENTS = 159_872
const ADDRESSES = 210
const DAYS = 19
const BURST = 200
const DAY_MS = 86_400_000

/**
 * Writes the log to `file` as plain lines, so many times over: each copy is moved in time to follow the one before it, so that
 * time goes on and every line is parsed anew. Says how many events that are, and where they come from.
 */
export async function writeLog(file: string, copies: number): Promise<{ events: number; source: string }> {
  const out = createWriteStream(file)
  let events = 0
  for (let copy = 0; copy < copies; copy++) {
    let chunk = ''
    for await (const line of existsSync(RECORDED) ? recorded() : generated()) {
      chunk += `${moved(line, copy * (DAYS + 1) * DAY_MS)}\n`
      events++
      if (chunk.length < 65_536) continue
      if (!out.write(chunk)) await once(out, 'drain')
      chunk = ''
    }
    out.write(chunk)
  }
  out.end()
  await finished(out)
  const log = existsSync(RECORDED) ? 'the recorded log-in log' : 'a generated log of log-ins'
  return { events, source: copies === 1 ? log : `${log}, ${copies} times over` }
}

function recorded(): AsyncIterable<string> {
  return createInterface({ input: createReadStream(RECORDED).pipe(createGunzip()) })
}

/** Attempts come in bursts of one address, about one a second, with pauses of some minutes between. */
function* generated(): Iterable<string> {
  const random = seeded(7)
  const rank = zipf(ADDRESSES, 1.1, random)
  const pauses = EVENTS / (BURST / 2)
  const pause = (DAYS * DAY_MS - EVENTS * 1_000) / pauses
  let time = Date.UTC(2020, 0, 21)
  let address = 0
  let left = 0
  for (let i = 0; i < EVENTS; i++) {
    if (left === 0) {
      left = 1 + Math.floor(random() * BURST)
      address = rank()
      time += random() * 2 * pause
    }
    left--
    time += random() * 2_000
    const micros = String(Math.floor((time % 1) * 1_000)).padStart(3, '0')
    yield JSON.stringify({
      timestamp: `${stampOf(time)}${micros}`,
      source_ip: `192.0.2.${address}`,
      protocol: 'vnc',
      destination_port: 5900,
      num_auth_attempts: Math.floor(random() * 3),
    })
  }
}

const STAMP = /\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/

function moved(line: string, ms: number): string {
  if (ms === 0) return line
  return line.replace(STAMP, (stamp) => stampOf(Date.parse(`${stamp}Z`) + ms).slice(0, 19))
}

/** `YYYY-MM-DD HH:MM:SS.mmm` */
function stampOf(ms: number): string {
  return new Date(ms).toISOString().replace('T', ' ').slice(0, 23)
}
