/**
 * Every way a run can be refused: stdout stays empty, the exit code tells the family, the message names
 * the cause, and a hint says what to do.
 *
 * The emulator judges, from its own verdict; a refusal before any request is one where it saw none.
 *
 * @module
 */

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  ARN_FLAGS,
  credentialsIn,
  openStage,
  replacing,
  type Stage,
  type StagedEmulatorOptions,
} from '../support/cli-stage.ts'
import type { CertificateOptions } from '../../src/emulator/throwaway-pki.ts'
import type { RefusalKind } from '../../src/emulator/refusal.ts'
import { runCli, startCli } from '../support/run-cli.ts'

let stage: Stage
let goodFlags: readonly string[]

beforeAll(async () => {
  stage = await openStage()
  goodFlags = (await stage.issue('good')).flags
})

afterAll(async () => {
  await stage[Symbol.asyncDispose]()
})

interface Refusal {
  readonly what: string
  readonly identity?: () => Promise<readonly string[]>
  readonly flags?: readonly [flag: string, value: string]
  readonly emulator?: StagedEmulatorOptions | (() => Promise<StagedEmulatorOptions>)
  readonly exitCode: number
  readonly code: string
  /** Found in the message. */
  readonly message: RegExp
  readonly hint: RegExp
  /** What the emulator said to each request; empty when none may come. */
  readonly verdicts?: readonly (RefusalKind | 'accepted')[]
}

const MINUTE = 60_000
const ago = (ms: number): Date => new Date(Date.now() - ms)

const LOCAL: readonly Refusal[] = [
  {
    what: 'a certificate that has expired',
    identity: leaf('expired', { notAfter: ago(60 * MINUTE) }),
    exitCode: 3,
    code: 'ERR_CONFIG_CERTIFICATE_EXPIRED',
    message: /expired\.pem" expired at \d{4}-.+the clock here says \d{4}-/u,
    hint: /renew the certificate/u,
  },
  {
    what: 'a certificate that is not yet valid',
    identity: leaf('early', { notBefore: ago(-60 * MINUTE) }),
    exitCode: 3,
    code: 'ERR_CONFIG_CERTIFICATE_NOT_YET_VALID',
    message: /early\.pem" is not valid before \d{4}-/u,
    hint: /set the clock/u,
  },
  {
    what: 'a key that is not that of the certificate',
    identity: async () => {
      const { certificatePath } = await stage.issue('one')
      const { privateKeyPath } = await stage.issue('another')
      return ['--certificate', certificatePath, '--private-key', privateKeyPath]
    },
    exitCode: 4,
    code: 'ERR_KEY_MISMATCH',
    message: /another\.key".*one\.pem".*public keys: [0-9a-f]{64} and [0-9a-f]{64}\)/u,
    hint: /give the key the certificate was issued for/u,
  },
  {
    what: 'the root in place of the certificate',
    identity: async () => {
      const { privateKeyPath } = await stage.issue('below')
      const root = stage.write('root.pem', stage.authority.certificatePem)
      return ['--certificate', root, '--private-key', privateKeyPath]
    },
    exitCode: 4,
    code: 'ERR_KEY_MISMATCH',
    message: /below\.key".*root\.pem"/u,
    hint: /root\.pem" holds only the certificate of a CA, a root \("CN=.*"\): give the one that was issued for this key with --certificate/u,
  },
  {
    what: 'an intermediate in place of the certificate',
    identity: async () => {
      const { certificatePem } = await stage.authority.issueAuthority({ subject: 'CN=Between' })
      const { privateKeyPath } = await stage.issue('under')
      const between = stage.write('between.pem', certificatePem)
      return ['--certificate', between, '--private-key', privateKeyPath]
    },
    exitCode: 4,
    code: 'ERR_KEY_MISMATCH',
    message: /between\.pem"/u,
    hint: /the certificate of a CA, an intermediate \("CN=Between"\).+--intermediates/u,
  },
  {
    what: 'certificate and key in each other’s place',
    identity: async () => {
      const { certificatePath, privateKeyPath } = await stage.issue('swapped')
      return ['--certificate', privateKeyPath, '--private-key', certificatePath]
    },
    exitCode: 3,
    code: 'ERR_CONFIG_CERTIFICATE_MISSING',
    message: /no certificate in ".*swapped\.key" \(it holds PRIVATE KEY\)/u,
    hint: /swapped: give this file with --private-key, and the certificate with --certificate/u,
  },
  {
    what: 'a role session name that AWS knows not',
    flags: ['--role-session-name', 'not this'],
    exitCode: 2,
    code: 'ERR_USAGE_INVALID_VALUE',
    message: /session name/u,
    hint: /./u,
  },
  {
    what: 'ARNs of two accounts',
    flags: ['--role-arn', 'arn:aws:iam::999999999999:role/example'],
    exitCode: 3,
    code: 'ERR_CONFIG_ARN_DISAGREEMENT',
    message: /account/u,
    hint: /./u,
  },
  {
    what: 'a certificate file that is not there',
    flags: ['--certificate', '/nonexistent/client.pem'],
    exitCode: 3,
    code: 'ERR_CONFIG_FILE_UNREADABLE',
    message: /"\/nonexistent\/client\.pem" \(--certificate\): no such file/u,
    hint: /--certificate/u,
  },
]

const BY_THE_SERVICE: readonly Refusal[] = [
  {
    what: 'a certificate that expired a moment ago',
    identity: leaf('just-expired', { notAfter: ago(5 * MINUTE) }),
    exitCode: 5,
    code: 'ERR_SERVICE_ACCESS_DENIED',
    message: /AccessDeniedException: Certificate expired \(HTTP 403, request id [0-9a-f-]{36}\)/u,
    hint: /notAfter.+renew the certificate/u,
    verdicts: ['certificate-expired'],
  },
  {
    what: 'a certificate that will be valid in a moment',
    identity: leaf('just-early', { notBefore: ago(-5 * MINUTE) }),
    exitCode: 5,
    code: 'ERR_SERVICE_ACCESS_DENIED',
    message: /Certificate not yet valid/u,
    hint: /notBefore.+clock of the CA/u,
    verdicts: ['certificate-not-yet-valid'],
  },
  {
    what: 'a revoked certificate',
    identity: leaf('revoked', { serialNumber: 4711n }),
    emulator: async () => ({ revocationLists: await stage.authority.revocationList([4711n]) }),
    exitCode: 5,
    code: 'ERR_SERVICE_ACCESS_DENIED',
    message: /Certificate revoked/u,
    hint: /CRL.+use a new certificate/u,
    verdicts: ['certificate-revoked'],
  },
  {
    what: 'a certificate of another authority',
    identity: async () => {
      const other = await stage.authority.issueAuthority({ subject: 'CN=Nobody' })
      const stranger = await other.issueAuthority({ subject: 'CN=Stranger' })
      return stage.place('untrusted', await stranger.issue()).flags
    },
    exitCode: 5,
    code: 'ERR_SERVICE_ACCESS_DENIED',
    message: /Untrusted signing certificate/u,
    hint: /trust anchor.+--intermediates/u,
    verdicts: ['untrusted-certificate'],
  },
  {
    what: 'a chain without its intermediate',
    identity: async () => {
      const issuing = await stage.authority.issueAuthority({ subject: 'CN=Issuing' })
      return stage.place('gap', await issuing.issue()).flags
    },
    exitCode: 5,
    code: 'ERR_SERVICE_ACCESS_DENIED',
    message: /Untrusted signing certificate/u,
    hint: /give missing intermediates with --intermediates; found here: AWS has no trust anchor "CN=Issuing" \(chain sent: none\)/u,
    verdicts: ['untrusted-certificate'],
  },
  {
    what: 'a chain without its intermediate, which lies beside',
    identity: async () => {
      const issuing = await stage.authority.issueAuthority({ subject: 'CN=Beside' })
      stage.write('beside.crt', issuing.certificatePem)
      return stage.place('forgotten', await issuing.issue({ subject: 'CN=client' })).flags
    },
    exitCode: 5,
    code: 'ERR_SERVICE_ACCESS_DENIED',
    message: /Untrusted signing certificate/u,
    hint: /found here: "CN=Beside" issued "CN=client" and lies in ".*beside\.crt", and is not sent \(chain sent: none\) \(chain-issuer\): give --intermediates .*beside\.crt$/u,
    verdicts: ['untrusted-certificate'],
  },
  {
    what: 'a name that makes no session tag, and a role that asks for it',
    identity: leaf('odd-name', { subject: 'CN=web (1)' }),
    emulator: { faults: ['deny=Unable to assume role for arn:aws:iam::111122223333:role/x'] },
    exitCode: 5,
    code: 'ERR_SERVICE_ACCESS_DENIED',
    message: /Unable to assume role/u,
    hint: /found here: x509Subject\/CN "web \(1\)" cannot be a session tag/u,
  },
  {
    what: 'a CA certificate as leaf',
    identity: leaf('ca', { isCa: true, keyUsage: ['digitalSignature', 'keyCertSign'] }),
    exitCode: 5,
    code: 'ERR_SERVICE_ACCESS_DENIED',
    message: /Untrusted certificate\. Insufficient certificate/u,
    hint: /CA=false/u,
    verdicts: ['insufficient-certificate'],
  },
  {
    what: 'a certificate without keyUsage',
    identity: leaf('no-usage', { keyUsage: null }),
    exitCode: 5,
    code: 'ERR_SERVICE_ACCESS_DENIED',
    message: /Insufficient certificate/u,
    hint: /keyUsage digitalSignature.+found here: the extension keyUsage is missing \(certificate-key-usage\)/u,
    verdicts: ['insufficient-certificate'],
  },
  {
    what: 'a certificate signed with SHA-1',
    identity: leaf('sha1', { hash: 'SHA-1' }),
    exitCode: 5,
    code: 'ERR_SERVICE_ACCESS_DENIED',
    message: /Insufficient certificate/u,
    hint: /SHA-256 or stronger/u,
    verdicts: ['insufficient-certificate'],
  },
  {
    what: 'a certificate of version 1',
    identity: leaf('v1', { version: 1 }),
    exitCode: 5,
    code: 'ERR_SERVICE_ACCESS_DENIED',
    message: /Insufficient certificate/u,
    hint: /X\.509 v3/u,
    verdicts: ['insufficient-certificate'],
  },
  {
    what: 'a role session name that the profile does not accept',
    flags: ['--role-session-name', 'nightly'],
    exitCode: 5,
    code: 'ERR_SERVICE_ACCESS_DENIED',
    message: /Not authorized to set roleSessionName\./u,
    hint: /leave out --role-session-name/u,
    verdicts: ['session-name-not-allowed'],
  },
  {
    what: 'a session longer than the role allows',
    flags: ['--session-duration', '7200'],
    emulator: { profileDuration: 43_200, maxSessionDuration: 3600 },
    exitCode: 5,
    code: 'ERR_SERVICE_ACCESS_DENIED',
    message: /exceeds the MaxSessionDuration set for this role/u,
    hint: /--session-duration/u,
    verdicts: ['duration-exceeds-role'],
  },
  {
    what: 'a signature from another time',
    emulator: { faults: ['deny=Signature expired: 20200101T000000Z is now earlier than now'] },
    exitCode: 5,
    code: 'ERR_SERVICE_CLOCK_SKEW',
    message: /Signature expired/u,
    hint: /set the clock/u,
  },
  {
    what: 'a role that does not trust us',
    emulator: { faults: ['deny=Unable to assume role for arn:aws:iam::111122223333:role/x'] },
    exitCode: 5,
    code: 'ERR_SERVICE_ACCESS_DENIED',
    message: /Unable to assume role/u,
    hint: /trust policy/u,
  },
  {
    what: 'a trust anchor that is not there',
    emulator: { faults: ['status=404'] },
    exitCode: 5,
    code: 'ERR_SERVICE_NOT_FOUND',
    message: /ResourceNotFoundException/u,
    hint: /--trust-anchor-arn/u,
  },
  {
    what: 'throttling that asks for more patience than there is',
    emulator: { faults: ['throttle=0,retry-after=400'] },
    exitCode: 5,
    code: 'ERR_SERVICE_THROTTLED',
    message: /ThrottlingException: Rate exceeded .+asked to wait 400 s/u,
    hint: /--cache/u,
    verdicts: ['accepted'],
  },
  ...[500, 503].map((status): Refusal => ({
    what: `a fault of AWS, ${status}, three times`,
    emulator: { faults: [`status=${status}`] },
    exitCode: 5,
    code: 'ERR_SERVICE_FAULT',
    message: new RegExp(`HTTP ${status}, request id .+\\(after 3 tries\\)`, 'u'),
    hint: /try again later/u,
    verdicts: ['accepted', 'accepted', 'accepted'],
  })),
  ...(
    [
      ['empty', /credentialSet is empty/u],
      ['empty-object', /credentialSet is not a list/u],
      ['empty-body', /not JSON/u],
      ['cut-json', /not JSON/u],
      ['missing-token', /sessionToken is missing/u],
      ['missing-secret', /secretAccessKey is missing/u],
      ['expired', /expired at 2020-01-01/u],
      ['bad-expiration', /expiration has not the form/u],
      ['crlf', /sessionToken has not the form/u],
      ['nul', /sessionToken has not the form/u],
      ['deep', /the answer/u],
      ['proto', /credentialSet/u],
      ['utf16', /not JSON/u],
      ['html', /not JSON/u],
    ] as const
  ).map(([fault, message]): Refusal => ({
    what: `an answer without credentials: ${fault}`,
    emulator: { faults: [fault] },
    exitCode: 5,
    code: 'ERR_SERVICE_RESPONSE_INVALID',
    message,
    hint: /./u,
    verdicts: ['accepted'],
  })),
]

const BY_THE_NETWORK: readonly Refusal[] = [
  ...(
    [
      ['close', 'ERR_NETWORK_CONNECT', /closed the connection without an answer.+after 3 tries/u],
      ['reset', 'ERR_NETWORK_CONNECT', /reset the connection.+after 3 tries/u],
      ['truncate', 'ERR_NETWORK_CONNECT', /in the middle of an answer.+after 3 tries/u],
      ['huge', 'ERR_NETWORK_RESPONSE_INVALID', /larger than 1 MiB/u],
      ['endless', 'ERR_NETWORK_RESPONSE_INVALID', /larger than 1 MiB/u],
      ['garbage', 'ERR_NETWORK_RESPONSE_INVALID', /is not HTTP/u],
      ['gzip', 'ERR_NETWORK_RESPONSE_INVALID', /is encoded as "gzip"/u],
      ['redirect=http://127.0.0.1:1/', 'ERR_NETWORK_REDIRECT', /redirects to 127\.0\.0\.1:1 /u],
    ] as const
  ).map(([fault, code, message]): Refusal => ({
    what: `a fault of the network: ${fault}`,
    emulator: { faults: [fault] },
    exitCode: 6,
    code,
    message,
    hint: /./u,
  })),
  ...['silence', 'slow=100', 'latency=5000'].map((fault): Refusal => ({
    what: `an answer that does not come in time: ${fault}`,
    emulator: { faults: [fault] },
    flags: ['--timeout', '1'],
    exitCode: 6,
    code: 'ERR_NETWORK_TIMEOUT',
    message: /within 1 s/u,
    hint: /--timeout/u,
  })),
  {
    what: 'a server that nobody vouches for',
    emulator: { tls: true },
    exitCode: 6,
    code: 'ERR_NETWORK_TLS',
    message: /127\.0\.0\.1.+issued by "CN=Emulator TLS CA", which is not trusted here/u,
    hint: /--ca-bundle/u,
    verdicts: [],
  },
]

describe.each([
  ['before any request', LOCAL],
  ['by the service', BY_THE_SERVICE],
  ['by the network', BY_THE_NETWORK],
])('a refusal %s', (_where, refusals) => {
  it.each(refusals)('$what', async (refusal) => {
    const {
      identity,
      flags: [flag, value = ''] = [],
      emulator,
      exitCode,
      code,
      message,
      hint,
    } = refusal
    const options = typeof emulator === 'function' ? await emulator() : emulator
    const endpoint = await stage.emulate(options)
    const good = [
      'credential-process',
      ...(identity === undefined ? goodFlags : await identity()),
      ...ARN_FLAGS,
      ...['--endpoint', endpoint.url],
    ]
    const result = await runCli(flag === undefined ? good : replacing(good, flag, value))
    const lines = result.stderr.split('\n')
    const errorLine = lines.findIndex((line) => line.startsWith('rolesanywhere: error: '))
    expect(result.stdout.length).toBe(0)
    expect(result.exitCode).toBe(exitCode)
    expect(lines[errorLine]).toMatch(message)
    expect(lines[errorLine]).toMatch(new RegExp(` \\[${code}\\]$`, 'u'))
    expect(lines[errorLine + 1]).toMatch(/^hint: ./u)
    expect(lines[errorLine + 1]).toMatch(hint)
    expect(lines.slice(errorLine + 2)).toEqual([''])
    const expected = refusal.verdicts ?? (refusals === LOCAL ? [] : undefined)
    if (expected !== undefined) {
      expect(endpoint.requests.map(({ verdict }) => verdict.kind)).toEqual(expected)
    }
  })
})

describe('what AWS would refuse', () => {
  it('is said before anything is sent: no digitalSignature', async () => {
    const { flags } = await stage.issue('silent', { keyUsage: ['keyEncipherment'] })
    const args = ['credential-process', ...flags, ...ARN_FLAGS, '--endpoint', 'http://127.0.0.1:1']
    const { stderr } = await runCli([...args, '--timeout', '1'])
    expect(stderr).toMatch(
      /^rolesanywhere: warning: the certificate in ".*silent\.pem" has no keyUsage digitalSignature/u,
    )
  })
})

describe('what is no refusal in the end', () => {
  it.each([
    ['a fault that passes', ['status=503:x2'], 3],
    ['a connection that breaks once', ['reset:x1'], 2],
  ])('%s', async (_what, faults, requests) => {
    const endpoint = await stage.emulate({ faults })
    const args = ['credential-process', ...goodFlags, ...ARN_FLAGS, '--endpoint', endpoint.url]
    expect(credentialsIn(await runCli(args))).toMatchObject({ Version: 1 })
    expect(endpoint.requestCount).toBe(requests)
  })

  it.each([
    ['behind', 3600],
    ['ahead of', -3600],
  ])('a clock that is an hour %s that of AWS: it is said and corrected', async (where, skew) => {
    const endpoint = await stage.emulate({ faults: [`skew=${skew}`] })
    const args = ['credential-process', ...goodFlags, ...ARN_FLAGS, '--endpoint', endpoint.url]
    const result = await runCli(args)
    expect(credentialsIn(result)).toMatchObject({ Version: 1 })
    expect(result.stderr).toMatch(
      new RegExp(`^rolesanywhere: warning: the clock of this machine is 60 min ${where} `, 'u'),
    )
    const verdicts = endpoint.requests.map(({ verdict }) => verdict.kind)
    expect(verdicts).toEqual(['clock-skew', 'accepted'])
  })
})

describe('a signal', () => {
  it.each([
    ['SIGTERM', 143],
    ['SIGINT', 130],
  ] as const)(
    '%s ends a run that waits for AWS with %i and no output',
    async (signal, exitCode) => {
      const arrived = Promise.withResolvers<undefined>()
      const endpoint = await stage.emulate({
        faults: ['silence'],
        onRequest: () => {
          arrived.resolve(undefined)
        },
      })
      const args = ['credential-process', ...goodFlags, ...ARN_FLAGS, '--endpoint', endpoint.url]
      const { child, result } = startCli(args)
      await arrived.promise
      child.kill(signal)
      const ended = await result
      expect(ended).toMatchObject({ exitCode, signal: null, stdout: Buffer.alloc(0) })
      expect(ended.stderr).toMatch(/\[ERR_CANCELLED\]\n$/u)
    },
  )
})

/** A leaf of the stage's authority; issued when the test runs. */
function leaf(name: string, options: CertificateOptions): () => Promise<readonly string[]> {
  return async () => (await stage.issue(name, options)).flags
}
