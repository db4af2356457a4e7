/**
 * U1 to U14: what a service, or a stranger in its place, may answer; and F8, keys that are none. The
 * real executable meets each of them: it ends in time, with 0 bytes on stdout and the exit code of
 * the family that can fix it.
 *
 * @see reliability.md 6c and 6d
 * @module
 */

import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseFault } from '../../src/emulator/faults.ts'
import { createWorld } from '../support/long-running.ts'
import { runCli } from '../support/run-cli.ts'
import type { FaultRow, Measured } from './row.ts'

const SERVICE = 5
const NETWORK = 6

/** Faults of one row, each met by a run of its own. */
interface Upstream {
  readonly id: string
  readonly what: string
  readonly faults: readonly string[]
  /** Exit codes that are right. */
  readonly exitCodes: readonly number[]
  /** Seconds for one run, its tries included. */
  readonly limit: number
}

const UPSTREAM: readonly Upstream[] = [
  {
    id: 'U1',
    what: 'silence, one byte at a time, an answer that stops halfway, a reset',
    faults: ['silence', 'slow=1000', 'truncate', 'reset', 'close'],
    exitCodes: [NETWORK],
    limit: 62,
  },
  {
    id: 'U2',
    what: 'a body of 100 MB, a body without end',
    faults: ['huge', 'endless'],
    exitCodes: [NETWORK],
    limit: 5,
  },
  { id: 'U3', what: 'a gzip bomb', faults: ['gzip'], exitCodes: [NETWORK], limit: 5 },
  {
    id: 'U5',
    what: 'a redirect to another host',
    faults: ['redirect=http://example.com/'],
    exitCodes: [NETWORK],
    limit: 5,
  },
  {
    id: 'U6',
    what: 'a web page, half of the JSON, {}, no credentials, nothing',
    faults: ['html', 'cut-json', 'empty-object', 'empty', 'empty-body', 'garbage'],
    exitCodes: [SERVICE, NETWORK],
    limit: 5,
  },
  {
    id: 'U9',
    what: 'a part missing, expired, no date, line breaks and NUL in values',
    faults: ['missing-token', 'missing-secret', 'expired', 'bad-expiration', 'crlf', 'nul'],
    exitCodes: [SERVICE],
    limit: 5,
  },
  {
    id: 'U12',
    what: 'nesting 100,000 deep, __proto__, a byte order mark, UTF-16, duplicate keys',
    faults: ['deep', 'proto', 'bom', 'utf16', 'duplicate'],
    exitCodes: [SERVICE],
    limit: 5,
  },
  {
    id: 'U14',
    what: '403 as the service words it, and an unknown one',
    faults: ['deny=Untrusted signing certificate', 'deny=Something new'],
    exitCodes: [SERVICE],
    limit: 5,
  },
]

export const UPSTREAM_ROWS: readonly FaultRow[] = [
  ...UPSTREAM.map((row): FaultRow => ({
    id: row.id,
    what: row.what,
    target: `stdout 0 bytes, exit code ${row.exitCodes.join(' or ')}, <= ${row.limit} s each`,
    run: async () => {
      const runs = await Promise.all(row.faults.map(async (fault) => runAgainst(fault)))
      const wrong = runs.filter(
        ({ bytes, exitCode, seconds }) =>
          bytes > 0 || seconds > row.limit || !row.exitCodes.includes(exitCode ?? -1),
      )
      const slowest = Math.max(...runs.map(({ seconds }) => seconds))
      return {
        figure: `${runs.length - wrong.length} of ${runs.length}, slowest ${slowest.toFixed(1)} s${wrong.map(({ fault, exitCode }) => `, not ${fault} (${String(exitCode)})`).join('')}`,
        held: wrong.length === 0,
      }
    },
  })),
  {
    id: 'U4',
    what: 'a certificate that nobody trusts, plain http behind https, nobody there',
    target: 'stdout 0 bytes, exit code 6, <= 20 s each with all tries, three messages',
    async run(): Promise<Measured> {
      await using world = await createWorld({ tls: true })
      await using plain = await createWorld()
      const endpoints = [
        world.emulator.url,
        plain.emulator.url.replace('http:', 'https:'),
        'https://127.0.0.1:1',
      ]
      const runs = await Promise.all(
        endpoints.map(async (endpoint) => run(world.env, ['--endpoint', endpoint])),
      )
      const messages = new Set(runs.map(({ stderr }) => /\[(\w+)\]/.exec(stderr)?.[0]))
      return {
        figure: `exit codes ${runs.map(({ exitCode }) => String(exitCode)).join(', ')}, ${[...messages].join(' ')}`,
        held: runs.every(({ exitCode, bytes, seconds }) => {
          return exitCode === NETWORK && bytes === 0 && seconds <= 20
        }),
      }
    },
  },
  {
    id: 'U13',
    what: '429 and 503 twice, with and without Retry-After, then an answer; 500 for ever',
    target: 'credentials at the third try; 3 tries and exit code 5',
    async run(): Promise<Measured> {
      const faults = ['throttle=0:x2', 'throttle=0,retry-after=1:x2', 'status=503:x2']
      const recovered = await Promise.all(faults.map(async (fault) => runAgainst(fault)))
      const failed = await runAgainst('status=500')
      const good = recovered.filter(({ exitCode, calls }) => exitCode === 0 && calls === 3)
      return {
        figure: `${good.length} of ${faults.length} recovered at the third try; 500: ${failed.calls} tries, exit code ${String(failed.exitCode)}`,
        held: good.length === faults.length && failed.calls === 3 && failed.exitCode === SERVICE,
      }
    },
  },
  {
    id: 'F8',
    what: 'a FIFO, /dev/zero, a folder, 2 MB, and a key-derivation bomb in place of a key',
    target: 'stdout 0 bytes, exit code 3 or 4, <= 2 s each',
    async run(): Promise<Measured> {
      await using world = await createWorld()
      const path = (name: string): string => join(world.folder, name)
      execFileSync('mkfifo', [path('fifo')])
      writeFileSync(path('large'), Buffer.alloc(2_000_000, 'a'))
      writeFileSync(path('bomb'), bomb(readFileSync(path('leaf.key'), 'utf8'), path('plain')))
      const keys = [path('fifo'), '/dev/zero', world.folder, path('large'), path('bomb')]
      const runs = await Promise.all(
        keys.map(async (key) =>
          run({ ...world.env, KEY_PASSWORD: 'x' }, [
            ...['--private-key', key, '--key-password', 'env:KEY_PASSWORD'],
          ]),
        ),
      )
      return {
        figure: `exit codes ${runs.map(({ exitCode }) => String(exitCode)).join(', ')}, slowest ${Math.max(...runs.map(({ seconds }) => seconds)).toFixed(1)} s`,
        held: runs.every(({ exitCode, bytes, seconds }) => {
          return (exitCode === 3 || exitCode === 4) && bytes === 0 && seconds <= 2
        }),
      }
    },
  },
]

/** An encrypted key whose iteration count is raised to 2^31 - 1, which would take half an hour. */
function bomb(key: string, plain: string): string {
  writeFileSync(plain, key, { mode: 0o600 })
  const der = execFileSync('openssl', [
    ...['pkcs8', '-topk8', '-in', plain, '-outform', 'DER', '-passout', 'pass:x'],
    // Four bytes of count, so that only its value has to change.
    ...['-iter', '16777217'],
  ])
  const at = der.indexOf(Buffer.from([0x02, 0x04, 0x01, 0x00, 0x00, 0x01]))
  if (at === -1) throw new Error('the iteration count is not where it should be')
  der.writeUInt32BE(0x7fffffff, at + 2)
  return `-----BEGIN ENCRYPTED PRIVATE KEY-----\n${der.toString('base64')}\n-----END ENCRYPTED PRIVATE KEY-----\n`
}

interface Run {
  readonly fault: string
  readonly exitCode: number | null
  readonly bytes: number
  readonly seconds: number
  readonly stderr: string
  readonly calls: number
}

async function runAgainst(fault: string): Promise<Run> {
  await using world = await createWorld({ faults: [parseFault(fault)] })
  const result = await run(world.env, [])
  return { ...result, fault, calls: world.emulator.requestCount }
}

async function run(
  env: Readonly<Record<string, string>>,
  flags: readonly string[],
): Promise<Omit<Run, 'fault' | 'calls'>> {
  const start = performance.now()
  const { exitCode, stdout, stderr } = await runCli(
    ['credential-process', '--profile', 'onprem', ...flags],
    { env, limitMs: 90_000 },
  )
  const seconds = (performance.now() - start) / 1000
  return { exitCode, stderr, seconds, bytes: exitCode === 0 ? 0 : stdout.length }
}
