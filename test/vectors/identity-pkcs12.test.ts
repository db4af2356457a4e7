/**
 * Every PKCS#12 file that others wrote, against its verdict: OpenSSL, Java, Firefox, macOS, Windows,
 * GnuTLS, RFC 9579's examples and forgeries. No cipher of theirs is refused here.
 */

import { verify } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { ErrorCode } from '../../src/core/errors.ts'
import { loadFileSigner } from '../../src/identity/content/load-file-identity.ts'
import { readFileCertificates } from '../../src/identity/content/read-certificates.ts'
import { VECTORS, hasVectors } from '../support/capabilities.ts'
import { inFiles } from '../support/places.ts'
import { expectNoSecrets, failureOf, recordingPorts } from '../unit/identity/recording-ports.ts'

interface Row {
  readonly file: string
  readonly kind: string
  readonly password: string
  readonly keyType: string | null
  readonly verdict: string
}

const rows = hasVectors
  ? (JSON.parse(readFileSync(new URL('expected.json', VECTORS), 'utf8')) as Row[]).filter(
      ({ kind }) => kind === 'p12',
    )
  : []

const ACCEPTED = ['accept', 'accept-if-legacy-cipher-implemented', 'parse-but-weak']
const REFUSALS: Readonly<Record<string, readonly ErrorCode[]>> = {
  // A MAC that does not fit looks like a wrong password; one that may not be used is malformed.
  'refuse-mac': ['ERR_KEY_PASSWORD_INCORRECT', 'ERR_KEY_MALFORMED'],
  'refuse-key-type': ['ERR_KEY_UNSUPPORTED'],
  'refuse-no-key': ['ERR_KEY_MISSING'],
  'wrong password': ['ERR_KEY_PASSWORD_INCORRECT'],
}
const WRONG_PASSWORD = 'canary-wrong-password'

function pathOf({ file }: Row): string {
  return new URL(file, VECTORS).pathname
}

function load(row: Row, password: string | undefined): ReturnType<typeof loadFileSigner> {
  return loadFileSigner(
    inFiles({
      privateKey: pathOf(row),
      keyPassword: password === undefined ? undefined : () => Promise.resolve(password),
    }),
    recordingPorts(),
  )
}

describe.skipIf(!hasVectors)('PKCS#12 files written by others', () => {
  const accepted = rows.filter(({ verdict }) => ACCEPTED.includes(verdict))
  it.each(accepted)('$file opens, signs, and holds its certificate', async (row) => {
    const loaded = await load(row, row.password)
    const { publicKey } = loaded
    await using signer = loaded.signer
    const message = Buffer.from(row.file)
    expect(verify('sha256', message, publicKey, await signer.sign(message))).toBe(true)
    const certificates = await readFileCertificates(
      inFiles({ certificate: pathOf(row), keyPassword: () => Promise.resolve(row.password) }),
      recordingPorts(),
    )
    expect(certificates.some((certificate) => certificate.publicKey.equals(publicKey))).toBe(true)
  })

  it.each(rows.filter(({ verdict }) => REFUSALS[verdict] !== undefined))(
    '$file: $verdict',
    async (row) => {
      const error = await failureOf(load(row, row.password))
      expect(REFUSALS[row.verdict]).toContain((error as { code?: string }).code)
    },
  )

  it.each(rows.filter(({ verdict }) => verdict === 'refuse-no-cert'))(
    '$file: $verdict',
    async (row) => {
      const error = await failureOf(
        readFileCertificates(
          inFiles({ certificate: pathOf(row), keyPassword: () => Promise.resolve(row.password) }),
          recordingPorts(),
        ),
      )
      expect(error).toMatchObject({ code: 'ERR_CONFIG_CERTIFICATE_MISSING' })
    },
  )

  it.each(rows)('$file refuses a wrong password as one', async (row) => {
    const error = await failureOf(load(row, WRONG_PASSWORD))
    const codes = REFUSALS[row.verdict === 'refuse-mac' ? 'refuse-mac' : 'wrong password']
    expect(codes).toContain((error as { code?: string }).code)
    expectNoSecrets(error, [WRONG_PASSWORD])
  })

  it.each(accepted.filter(({ password }) => password !== ''))(
    '$file says that it needs a password',
    async (row) => {
      const error = await failureOf(load(row, undefined))
      expect(error).toMatchObject({ code: 'ERR_KEY_PASSWORD_REQUIRED' })
    },
  )

  it('leaves no row without a verdict', () => {
    const verdicts = [...ACCEPTED, ...Object.keys(REFUSALS), 'refuse-no-cert']
    expect(rows.filter(({ verdict }) => !verdicts.includes(verdict))).toEqual([])
    expect(accepted.length).toBeGreaterThan(35)
  })
})
