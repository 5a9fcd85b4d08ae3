import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileSource, type LogSource, type ReplayOptions } from '../src/index.ts'
import { logOf } from './support.ts'

/** Recorded traffic, where it is at hand beside the repository. */
const DATA = join(import.meta.dirname, '../../../../shared/data')

/** The first instant of a made-up log. */
const START = Date.UTC(2020, 0, 21, 3, 38, 37)

export interface Recorded {
  readonly file: string
  readonly options: Pick<ReplayOptions, 'format' | 'key' | 'cost'>
  /** What is known of the file: how many events, of how many callers, and what they cost. */
  readonly events: number
  readonly keys: number
  readonly cost?: number
  readonly header?: string
  /** A line of the same shape, for a log of as many events and callers where the file isn't at hand. */
  readonly line: (ms: number, key: number, cost: number) => string
}

const two = (n: number) => String(n).padStart(2, '0')
const iso = (ms: number) => new Date(ms).toISOString()
export const FILES: readonly Recorded[] = [
  {
    file: 'semicomplete_apache_combined.log.gz',
    options: { format: 'combined' },
    events: 10_000,
    keys: 1_753,
    line: (ms, key) => {
      const date = new Date(ms)
      const time = [date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds()].map(two).join(':')
      return `10.0.${key >> 8}.${key & 255} - - [${two(date.getUTCDate())}/Jan/2020:${time} +0000] "GET / HTTP/1.1" 200 - "-" "-"`
    },
  },
  {
    file: 'nasa_ksc_1995-07-01.tsv.gz',
    options: { format: 'tsv', key: ['host'] },
    events: 9_999,
    keys: 936,
    header: 'host\tlogname\ttime\tmethod\turl\tresponse\tbytes\n',
    line: (ms, key) => `host-${key}\t-\t${Math.floor(ms / 1_000)}\tGET\t/\t200\t6245\t\t`,
  },
  {
    file: 'azure_llm_code_2023.csv.gz',
    options: { format: 'csv', cost: ['ContextTokens', 'GeneratedTokens'] },
    events: 8_819,
    keys: 1,
    cost: 18_305_870,
    header: 'TIMESTAMP,ContextTokens,GeneratedTokens\r\n',
    line: (ms, _, cost) => `${iso(ms).replace('T', ' ').replace('Z', '0000')},${cost - 1},1\r`,
  },
  {
    file: 'mooncake_conversation_0-29min.jsonl.gz',
    options: { format: 'jsonl', key: ['hash_ids.1'], cost: ['input_length', 'output_length'] },
    events: 5_606,
    keys: 3_627,
    cost: 74_448_213,
    line: (ms, key, cost) =>
      `{"timestamp": ${ms - START}, "input_length": ${cost}, "output_length": 0, "hash_ids": [0, ${key}]}`,
  },
  {
    file: 'wikipedia_edits_2015-09-12_00-12h.jsonl.gz',
    options: { format: 'jsonl', key: ['user'] },
    events: 16_467,
    keys: 4_854,
    line: (ms, key) =>
      `{"time":"${iso(ms)}","comment":"\\"ü\\"","cityName":null,"isRobot":false,"user":"用户 ${key}"}`,
  },
  {
    file: 'honeypot_logins_2020-01-21_02-08.jsonl.gz',
    options: { format: 'jsonl', key: ['source_ip'] },
    events: 159_872,
    keys: 210,
    line: (ms, key) =>
      `{"timestamp":"${iso(ms).replace('T', ' ').replace('Z', '459')}","source_ip":"192.0.2.${key}","port":5900}`,
  },
  {
    file: 'honeypot_ssh_2020-01-23_02-08.jsonl.gz',
    options: { format: 'jsonl', key: ['src_ip'] },
    events: 152_069,
    keys: 983,
    line: (ms, key) =>
      `{"timestamp":"${iso(ms).replace('Z', '479Z')}","src_ip":"198.51.${key >> 8}.${key & 255}","event":"login.failed"}`,
  },
  {
    file: 'honeypot_http_2020-01-26_02-10.jsonl.gz',
    options: { format: 'jsonl', key: ['src_ip'] },
    events: 854,
    keys: 285,
    line: (ms, key) =>
      `{"timestamp":"${iso(ms).replace('Z', '000+0000')}","src_ip":"203.0.${key >> 8}.${key & 255}","url":"\\u0000"}`,
  },
  {
    file: 'aws_cloudtrail_2023-07-10_1142-1159.jsonl.gz',
    options: { format: 'jsonl', key: ['identity'] },
    events: 798,
    keys: 7,
    line: (ms, key) =>
      `{"eventTime":"${iso(ms).slice(0, 19)}Z","identity":"arn:aws:iam::1:user/${key}","errorCode":null}`,
  },
]

/** A log with as many events and callers, and the same cost in all, as the recorded one. */
export function madeUp({ events, keys, cost = events, header = '', line, file }: Recorded): LogSource {
  const each = Math.floor(cost / events)
  const lines = Array.from({ length: events }, (_, i) =>
    line(START + i * 1_000, i % keys, i === 0 ? cost - each * (events - 1) : each),
  )
  return logOf(`${header}${lines.join('\n')}`, 65_536, `as ${file}`)
}

/** The recorded log where it is at hand, else one like it. */
export async function recordedLog(recorded: Recorded): Promise<LogSource> {
  const path = join(DATA, recorded.file)
  return existsSync(path) ? await fileSource(path) : madeUp(recorded)
}
