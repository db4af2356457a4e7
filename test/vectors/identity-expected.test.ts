/**
 * Every key and certificate that others wrote gets its verdict: accepted keys sign, and openssl
 * verifies; the rest ends in one named error.
 *
 * PKCS#12 files have a test of their own, identity-pkcs12.test.ts.
 */

import { execFileSync } from 'node:child_process'
import { verify } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { RolesAnywhereError, type ErrorCode } from '../../src/core/errors.ts'
import { adviseOnCertificate } from '../../src/identity/certificate/check-certificate.ts'
import { loadFileSigner } from '../../src/identity/content/load-file-identity.ts'
import { readFileCertificates } from '../../src/identity/content/read-certificates.ts'
import { VECTORS, hasProgram, hasVectors } from '../support/capabilities.ts'
import { inFiles } from '../support/places.ts'
import {
  expectNoSecrets,
  failureOf,
  fromEnv,
  recordingPorts,
  type RecordingPorts,
} from '../unit/identity/recording-ports.ts'

interface Row {
  readonly file: string
  readonly kind: 'key' | 'cert' | 'p12'
  readonly password: string | null
  readonly keyType: string | null
  readonly verdict: string
  readonly reason: string | null
  readonly serialDecimal?: string
}

const rows = hasVectors
  ? (JSON.parse(readFileSync(new URL('expected.json', VECTORS), 'utf8')) as Row[])
  : []

const keys = rows.filter((row) => row.kind === 'key')
const certificates = rows.filter((row) => row.kind === 'cert')

/** "Refused in under 2 s" is a promise of the project: the time limit of each refusal test. */
const REFUSAL_LIMIT_MS = 2000
const WRONG_PASSWORD = 'canary-wrong-password'

const REFUSALS: Readonly<Record<string, readonly ErrorCode[]>> = {
  'refuse-key-type': ['ERR_KEY_UNSUPPORTED'],
  'refuse-malformed': ['ERR_KEY_MALFORMED', 'ERR_CONFIG_PEM_INVALID'],
  'refuse-inconsistent': ['ERR_KEY_INCONSISTENT'],
  'refuse-unsupported-cipher': ['ERR_KEY_CIPHER_UNSUPPORTED'],
  // Read it, or refuse naming the cipher; what is inside may then be refused for itself.
  'accept-if-legacy-cipher-implemented': ['ERR_KEY_CIPHER_UNSUPPORTED', 'ERR_KEY_UNSUPPORTED'],
}

function pathOf(row: Row): string {
  return new URL(row.file, VECTORS).pathname
}

function load(
  row: Row,
  ports: RecordingPorts,
  withPassword = true,
): ReturnType<typeof loadFileSigner> {
  const password = withPassword ? { keyPassword: fromEnv('PASSWORD') } : {}
  return loadFileSigner(inFiles({ privateKey: pathOf(row), ...password }), ports)
}

async function refusedOrNot(row: Row): Promise<ErrorCode | 'accepted'> {
  const ports = recordingPorts({ env: { PASSWORD: passwordOf(row) } })
  try {
    await load(row, ports)
    return 'accepted'
  } catch (error) {
    if (!(error instanceof RolesAnywhereError)) throw error
    expect(error.hint).toBeDefined()
    expectNoSecrets(error, row.password === 'password' ? [] : [passwordOf(row)])
    return error.code
  }
}

/** Rows without a password hold plain keys; the variable must not be empty all the same. */
function passwordOf(row: Row): string {
  return row.password === null || row.password === '' ? 'unused-password' : row.password
}

describe.skipIf(!hasVectors)('private keys written by others', () => {
  let folder = ''
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'rolesanywhere-vectors-'))
  })
  afterAll(() => {
    rmSync(folder, { recursive: true })
  })

  function opensslVerifies(publicKeyPem: string, message: string, signature: Uint8Array): string {
    const [key, text, bytes] = ['key', 'text', 'signature'].map((name) => join(folder, name))
    writeFileSync(key!, publicKeyPem)
    writeFileSync(text!, message)
    writeFileSync(bytes!, signature)
    const args = ['dgst', '-sha256', '-verify', key!, '-signature', bytes!, text!]
    return execFileSync('openssl', args, { encoding: 'utf8' }).trim()
  }

  const accepted = keys.filter(({ verdict }) => ['accept', 'parse-but-weak'].includes(verdict))
  it.skipIf(!hasProgram('openssl')).each(accepted)('$file signs', async (row) => {
    const ports = recordingPorts({ env: { PASSWORD: passwordOf(row) } })
    const loaded = await load(row, ports)
    const { publicKey } = loaded
    await using signer = loaded.signer
    const signature = await signer.sign(Buffer.from(row.file))
    if (publicKey.asymmetricKeyType?.startsWith('ml-dsa') === true) {
      // The openssl of most machines is older than ML-DSA; Node brings one that is not.
      expect(verify(null, Buffer.from(row.file), publicKey, signature)).toBe(true)
    } else {
      const pem = publicKey.export({ format: 'pem', type: 'spki' }).toString()
      expect(opensslVerifies(pem, row.file, signature)).toBe('Verified OK')
    }
    expect(row.keyType?.split(' ')[0]).toBe(publicKey.asymmetricKeyType)
    const isWeak = ports.warnings.some((warning) => /has only \d+ bits/u.test(warning))
    expect(isWeak).toBe(row.verdict === 'parse-but-weak')
  })

  const refused = keys.filter(({ verdict }) => REFUSALS[verdict] !== undefined)
  it.each(refused)(
    '$file: $verdict',
    async (row) => {
      const outcome = await refusedOrNot(row)
      // A certificate of Tor's own making under a label of its own: not a private key at all.
      if (row.file.endsWith('ed25519_id.pem')) expect(outcome).toBe('ERR_KEY_MISSING')
      else if (row.verdict === 'accept-if-legacy-cipher-implemented' && outcome === 'accepted') {
        expect(row.keyType).toMatch(/^RSA|^EC/u)
      } else expect(REFUSALS[row.verdict]).toContain(outcome)
    },
    REFUSAL_LIMIT_MS,
  )

  it('leaves no row in scope without a verdict', () => {
    expect(accepted.length + refused.length).toBe(keys.length)
    expect(accepted.length).toBeGreaterThan(90)
    expect(refused.length).toBeGreaterThan(50)
  })

  it('refuses every encrypted file without a password, and with a wrong one', async () => {
    let encrypted = 0
    for (const row of keys) {
      const withNone = await load(row, recordingPorts(), false).catch((error: unknown) => error)
      if (!(withNone instanceof RolesAnywhereError)) continue
      if (withNone.code !== 'ERR_KEY_PASSWORD_REQUIRED') continue
      encrypted += 1
      const wrong = recordingPorts({ env: { PASSWORD: WRONG_PASSWORD } })
      const error = await failureOf(load(row, wrong))
      expect(error, row.file).toMatchObject({ code: 'ERR_KEY_PASSWORD_INCORRECT' })
      expectNoSecrets(error, [WRONG_PASSWORD])
    }
    expect(encrypted).toBeGreaterThan(30)
  }, 60_000)
})

describe.skipIf(!hasVectors)('certificates written by others', () => {
  const malformed = certificates.filter(({ verdict }) => verdict === 'refuse-malformed')
  const readable = certificates.filter(({ verdict }) => verdict !== 'refuse-malformed')

  it.each(readable)('$file parses, and draws the right advice', async (row) => {
    const ports = recordingPorts()
    const [first] = await readFileCertificates(inFiles({ certificate: pathOf(row) }), ports)
    const serial = first!.serialNumber
    const decimal = serial.startsWith('-') ? -BigInt(`0x${serial.slice(1)}`) : BigInt(`0x${serial}`)
    expect(decimal.toString()).toBe(row.serialDecimal)
    adviseOnCertificate(first!, row.file, ports.reporter)
    if (/unreadable|not understood/u.test(row.reason ?? '')) return
    for (const [advice, reason] of ADVICE) {
      const isAdvised = ports.warnings.some((warning) => advice.test(warning))
      expect(isAdvised, `${advice.source} for ${row.reason ?? ''}`).toBe(
        reason.test(row.reason ?? ''),
      )
    }
  })

  it.each(malformed)(
    '$file is refused by name',
    async (row) => {
      const error = await failureOf(
        readFileCertificates(inFiles({ certificate: pathOf(row) }), recordingPorts()),
      )
      expect(error).toMatchObject({
        code: expect.stringMatching(/^ERR_CONFIG_CERTIFICATE_(?:INVALID|MISSING)$/u) as string,
      })
    },
    REFUSAL_LIMIT_MS,
  )

  it('finds enough of them', () => {
    expect(readable.length).toBeGreaterThan(100)
    expect(malformed.length).toBeGreaterThan(0)
  })
})

const ADVICE: readonly (readonly [advice: RegExp, reason: RegExp])[] = [
  [/is not of version 3/u, /version v1/u],
  [/is a CA certificate/u, /is a CA certificate/u],
  [/no positive serial number/u, /negative serial|zero serial/u],
  [/signed with MD5 or SHA-1/u, /signed with (?:sha1|md5)/u],
]
