/**
 * U1 to U14: what AWS, a network or a stranger may answer. The real executable meets each of them: it
 * ends in time, with 0 bytes on stdout and the exit code of the family that can fix it, and nothing is
 * written to the credentials file.
 *
 * @see reliability.md 6d
 * @module
 */

import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseFault } from '../../src/emulator/faults.ts'
import { createAuthority } from '../../src/emulator/throwaway-pki.ts'
import { createWorld } from '../support/long-running.ts'
import { EXECUTABLE } from '../support/run-cli.ts'
import {
  isRoot,
  problemWith,
  slowest,
  timedRun,
  verdictOf,
  type FaultRow,
  type Measured,
  type TimedResult,
} from './row.ts'
import { tcpServer, tlsServer, type LoopbackServer } from './transport-servers.ts'

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
  /** Whether `update` meets them too, and must leave no credentials file. */
  readonly forUpdate?: true
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
    what: 'a redirect to http, to https, to another host',
    faults: ['redirect=http://example.com/', 'redirect=https://127.0.0.1:1/sessions'],
    exitCodes: [NETWORK],
    limit: 5,
  },
  ...(
    [
      ['U6', 'a web page, what is not HTTP, nothing at all', ['html', 'garbage', 'empty-body']],
      ['U7', 'half of the JSON, {}', ['cut-json', 'empty-object']],
      ['U8', 'an empty credentialSet', ['empty']],
      ['U9', 'a part missing', ['missing-token', 'missing-secret']],
      ['U10', 'an expiration in the past, and one that is no date', ['expired', 'bad-expiration']],
      ['U11', 'line breaks and NUL in values', ['crlf', 'nul']],
      [
        'U12',
        'nesting 100,000 deep, __proto__, a byte order mark, UTF-16, duplicate keys',
        ['deep', 'proto', 'bom', 'utf16', 'duplicate'],
      ],
    ] as const
  ).map(([id, what, faults]): Upstream => ({
    id,
    what,
    faults,
    exitCodes: [SERVICE, NETWORK],
    limit: 5,
    forUpdate: true,
  })),
]

const CREDENTIAL_PROCESS = ['credential-process', '--profile', 'onprem'] as const
const UPDATE = ['update', '--once', '--profile', 'demo', '--settings-profile', 'onprem'] as const

interface Met extends TimedResult {
  readonly fault: string
  readonly calls: number
  readonly hasFile: boolean
}

async function meet(fault: string, args: readonly string[] = CREDENTIAL_PROCESS): Promise<Met> {
  await using world = await createWorld({ faults: [parseFault(fault)] })
  const file = join(world.folder, 'credentials')
  const env = { ...world.env, AWS_SHARED_CREDENTIALS_FILE: file }
  const result = await timedRun(args, { env })
  return { ...result, fault, calls: world.emulator.requestCount, hasFile: existsSync(file) }
}

function upstreamRow(row: Upstream): FaultRow {
  const { faults, exitCodes, limit, forUpdate } = row
  return {
    id: row.id,
    what: row.what,
    target: `stdout 0 bytes, exit code ${exitCodes.join(' or ')}, <= ${limit} s each${forUpdate ? ', no credentials file' : ''}`,
    async run() {
      const runs = await Promise.all(faults.map(async (fault) => meet(fault)))
      const updates = await Promise.all(
        (forUpdate ? faults : []).map(async (fault) => meet(fault, UPDATE)),
      )
      return verdictOf(
        [
          ...runs.map((run) => [run.fault, problemWith(run, { exitCodes, limit })] as const),
          ...updates.map(
            (run) =>
              [
                `update, ${run.fault}`,
                run.hasFile ? 'a file was written' : problemWith(run, { exitCodes, limit }),
              ] as const,
          ),
        ],
        `, ${slowest(runs)}`,
      )
    },
  }
}

const U4: FaultRow = {
  id: 'U4',
  what: 'no such name, a silent name server, nobody there, a reset, certificates that are expired, for another name, self-signed or of a stranger, TLS 1.1 only, no TLS',
  target: 'stdout 0 bytes, exit code 6, <= 40 s each with all tries, each its own message',
  async run(): Promise<Measured> {
    await using world = await createWorld()
    await using servers = new AsyncDisposableStack()
    const root = await createAuthority({ subject: 'CN=Corp' })
    const bundle = join(world.folder, 'corp.pem')
    writeFileSync(bundle, root.certificatePem)
    const issued = async (options: Parameters<typeof root.issue>[0] = {}) => {
      const { certificatePem: cert, privateKeyPem: key } = await root.issue({
        ipAddresses: ['127.0.0.1'],
        ...options,
      })
      return { cert, key }
    }
    const own = await createAuthority({
      subject: 'CN=box',
      ipAddresses: ['127.0.0.1'],
      keyUsage: ['digitalSignature', 'keyCertSign'],
    })
    const at = async (opening: Promise<LoopbackServer>): Promise<string> =>
      `https://127.0.0.1:${servers.use(await opening).port}`
    const trusting = ['--ca-bundle', bundle]
    const cases: readonly (readonly [
      name: string,
      says: RegExp,
      endpoint: string,
      flags?: readonly string[],
    ])[] = [
      ['no such name', /does not exist in DNS|cannot be looked up/, 'https://nobody.invalid'],
      ['nobody there', /refused the connection/, 'https://127.0.0.1:1'],
      [
        'a reset',
        /reset the connection/,
        await at(
          tcpServer((socket) => {
            socket.once('data', () => socket.resetAndDestroy())
          }),
        ),
      ],
      [
        'expired',
        /certificate that has expired/,
        await at(tlsServer(await issued({ notAfter: new Date('2021-02-03T04:05:06Z') }))),
        trusting,
      ],
      [
        'another name',
        /certificate for another name/,
        await at(tlsServer(await issued({ ipAddresses: [], dnsNames: ['elsewhere.example'] }))),
        trusting,
      ],
      [
        'self-signed',
        /self-signed certificate/,
        await at(tlsServer({ cert: own.certificatePem, key: own.privateKeyPem })),
      ],
      ['a stranger', /issued by .*not trusted here/, await at(tlsServer(await issued()))],
      [
        'TLS 1.1',
        /no TLS as new as 1\.2/,
        await at(
          tlsServer({
            ...(await issued()),
            minVersion: 'TLSv1',
            maxVersion: 'TLSv1.1',
            ciphers: 'DEFAULT@SECLEVEL=0',
          }),
        ),
        trusting,
      ],
      [
        'no TLS',
        /answers, but not with TLS/,
        await at(
          tcpServer((socket) => {
            socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))
          }),
        ),
      ],
    ]
    const runs = await Promise.all(
      cases.map(async ([name, says, endpoint, flags = []]) => {
        const run = await timedRun([...CREDENTIAL_PROCESS, ...flags], {
          env: { ...world.env, ROLESANYWHERE_ENDPOINT: endpoint },
        })
        return { name, says, run }
      }),
    )
    const silent = isRoot ? [await withSilentNameServer(world)] : []
    return verdictOf(
      [...runs, ...silent].map(({ name, says, run }) => [
        name,
        problemWith(run, { exitCodes: [NETWORK], limit: 40, says }),
      ]),
      `, ${slowest([...runs, ...silent].map(({ run }) => run))}`,
    )
  },
}

/** In a mount namespace of its own, whose name server is an address of ours where nobody listens. */
async function withSilentNameServer(world: {
  readonly folder: string
  readonly env: Readonly<Record<string, string>>
}): Promise<{ name: string; says: RegExp; run: TimedResult }> {
  const resolver = join(world.folder, 'resolv.conf')
  // TEST-NET-1: packets go nowhere. RFC 5737.
  writeFileSync(resolver, 'nameserver 192.0.2.1\noptions timeout:30\n')
  const script = `mount --bind ${resolver} /etc/resolv.conf && exec "$@"`
  const run = await timedRun(CREDENTIAL_PROCESS, {
    env: { ...world.env, ROLESANYWHERE_ENDPOINT: 'https://rolesanywhere.example.com' },
    launcher: ['unshare', '-m', 'sh', '-c', script, 'sh', process.execPath, EXECUTABLE],
  })
  return {
    name: 'a silent name server',
    says: /looking up|cannot be looked up|no credentials within/,
    run,
  }
}

const U13: FaultRow = {
  id: 'U13',
  what: '429 and 503 twice, with and without Retry-After, then an answer; 500 for ever',
  target: 'credentials at the third try; 3 tries and exit code 5',
  async run(): Promise<Measured> {
    const faults = ['throttle=0:x2', 'throttle=0,retry-after=1:x2', 'status=503:x2']
    const recovered = await Promise.all(faults.map(async (fault) => meet(fault)))
    const failed = await meet('status=500')
    const good = recovered.filter(({ exitCode, calls }) => exitCode === 0 && calls === 3)
    return {
      figure: `${good.length} of ${faults.length} recovered at the third try; 500: ${failed.calls} tries, exit code ${String(failed.exitCode)}`,
      held: good.length === faults.length && failed.calls === 3 && failed.exitCode === SERVICE,
    }
  },
}

const U14: FaultRow = {
  id: 'U14',
  what: '403 as the service words it, an unknown one, and a skew that is one',
  target:
    '1 try each, the words and the request id of the service, no signature; with skew 2 tries and credentials',
  async run(): Promise<Measured> {
    const words = ['Untrusted signing certificate', 'Something new']
    const denied = await Promise.all(words.map(async (text) => meet(`deny=${text}`)))
    const skewed = await meet('skew=1200')
    const cases = denied.map((run, index) => {
      const says = new RegExp(`${words[index] ?? ''}.*request id `)
      const problem = problemWith(run, { exitCodes: [SERVICE], limit: 5, says })
      return [run.fault, run.calls === 1 ? problem : `${run.calls} tries`] as const
    })
    const isCorrected = skewed.exitCode === 0 && skewed.calls === 2
    return verdictOf([
      ...cases,
      [
        'skew',
        isCorrected ? undefined : `exit code ${String(skewed.exitCode)}, ${skewed.calls} tries`,
      ],
    ])
  },
}

export const UPSTREAM_ROWS: readonly FaultRow[] = [
  ...UPSTREAM.map(upstreamRow).toSpliced(3, 0, U4),
  U13,
  U14,
]
