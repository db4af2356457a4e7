/**
 * 20,000 seeded mutations for each parser of key material (more with FUZZ=): every one ends in a value
 * or in a named error, within a second, and memory does not grow.
 */

import { generateKeyPairSync, createPrivateKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { RolesAnywhereError } from '../../../src/core/errors.ts'
import { decodeBlocks } from '../../../src/identity/encoding/decode-blocks.ts'
import { openEncryptedPkcs8 } from '../../../src/identity/key-file/encrypted-pkcs8.ts'
import { explainUnreadableKey } from '../../../src/identity/key-file/explain-unreadable-key.ts'
import { openPkcs12 } from '../../../src/identity/key-file/pkcs12/open-pkcs12.ts'
import { looksLikePkcs12 } from '../../../src/identity/key-file/pkcs12/recognise-pkcs12.ts'
import {
  matchesSelector,
  readCertificateSelector,
} from '../../../src/identity/certificate/certificate-selector.ts'
import {
  NameSyntaxError,
  parseDistinguishedName,
} from '../../../src/identity/certificate/distinguished-name.ts'
import { TpmResponseError, sign } from '../../../src/identity/tpm/commands.ts'
import { NotASigningKey, readPublicArea } from '../../../src/identity/tpm/public-area.ts'
import { parseTss2Key } from '../../../src/identity/tpm/tss2-key-file.ts'
import { TpmFormatError } from '../../../src/identity/tpm/wire.ts'
import { mutate, seededRandom } from '../../support/mutate.ts'
import { encryptWithPbkdf2 } from '../../unit/identity/encrypt-key.ts'
import { recordingPorts } from '../../unit/identity/recording-ports.ts'

const RUNS = Number(process.env['FUZZ'] ?? 20_000)
const SEED = 20_261_122
const PASSWORD = 'fixture-password'
const { reporter } = recordingPorts()

const fixture = (path: string): Buffer =>
  readFileSync(new URL(`../../../fixtures/${path}`, import.meta.url))
const blockOf = (path: string): Buffer =>
  decodeBlocks({ name: path, bytes: fixture(path) })[0]!.bytes

interface Outcome {
  readonly values: number
  readonly errors: number
  readonly slowestMs: number
  readonly grownMiB: number
}

/** Tries mutations of the samples in turn; `isNamed` says which errors are this parser's own. */
async function fuzz(
  samples: readonly Buffer[],
  parse: (bytes: Buffer) => unknown,
  isNamed: (error: unknown) => boolean = (error) =>
    error instanceof RolesAnywhereError && error.code !== 'ERR_INTERNAL',
): Promise<Outcome> {
  const random = seededRandom(SEED)
  const seen = { values: 0, errors: 0, slowestMs: 0 }
  let heapAtStart = 0
  for (let run = 0; run < RUNS; run += 1) {
    if (run === Math.floor(RUNS / 4)) heapAtStart = process.memoryUsage.rss()
    const bytes = mutate(samples[run % samples.length]!, random)
    const startedAt = performance.now()
    try {
      await parse(bytes)
      seen.values += 1
    } catch (error) {
      if (!isNamed(error)) throw new Error(`run ${run}: ${bytes.toString('hex')}`, { cause: error })
      seen.errors += 1
    }
    seen.slowestMs = Math.max(seen.slowestMs, performance.now() - startedAt)
  }
  return { ...seen, grownMiB: (process.memoryUsage.rss() - heapAtStart) / 2 ** 20 }
}

/** Both outcomes must occur, or the mutations prove nothing. */
function expectSound({ values, errors, slowestMs, grownMiB }: Outcome): void {
  expect(values).toBeGreaterThan(0)
  expect(errors).toBeGreaterThan(RUNS / 10)
  expect(slowestMs).toBeLessThan(1000)
  expect(grownMiB).toBeLessThan(128)
}

const LIMIT_MS = Math.max(60_000, RUNS * 10)

describe('mutations', () => {
  it('of PKCS#12 files', { timeout: LIMIT_MS }, async () => {
    const names = ['aes256', 'legacy-rc2-40', 'without-mac', 'plain', 'plain-without-mac']
    const samples = names.map((name) => fixture(`pkcs12/${name}.p12`))
    expectSound(
      await fuzz(samples, async (bytes) => {
        looksLikePkcs12(bytes)
        return await openPkcs12(bytes, { file: 'x.p12', password: PASSWORD, reporter })
      }),
    )
  })

  it('of encrypted PKCS#8', { timeout: LIMIT_MS }, async () => {
    const pkcs8 = createPrivateKey(fixture('keys/pkcs8.pem')).export({
      format: 'der',
      type: 'pkcs8',
    })
    const source = { name: 'x.key', password: () => Promise.resolve(PASSWORD) }
    expectSound(
      await fuzz([encryptWithPbkdf2(pkcs8, PASSWORD, 1)], (bytes) =>
        openEncryptedPkcs8(bytes, source),
      ),
    )
  })

  it('of ML-DSA keys that Node refused', { timeout: LIMIT_MS }, async () => {
    const { privateKey } = generateKeyPairSync('ml-dsa-44')
    const pkcs8 = privateKey.export({ format: 'der', type: 'pkcs8' })
    const runtime = { supportsMlDsa: () => true }
    expectSound(
      await fuzz([pkcs8], (bytes) => {
        const explained = explainUnreadableKey(bytes, 'x.key', runtime)
        if (explained !== undefined) throw explained
      }),
    )
  })

  it('of TPM key files', { timeout: LIMIT_MS }, async () => {
    const samples = [blockOf('tpm/ec.tss2'), blockOf('tpm/rsa.tss2')]
    expectSound(await fuzz(samples, (bytes) => parseTss2Key(bytes, 'x.tss2')))
  })

  it('of public areas', { timeout: LIMIT_MS }, async () => {
    const samples = ['ec', 'rsa'].map((name) =>
      Buffer.from(parseTss2Key(blockOf(`tpm/${name}.tss2`), name).publicBytes),
    )
    const isNamed = (error: unknown): boolean =>
      error instanceof NotASigningKey || error instanceof TpmFormatError
    expectSound(await fuzz(samples, readPublicArea, isNamed))
  })

  it('of TPM responses', { timeout: LIMIT_MS }, async () => {
    const ecdsa = Buffer.from(
      `80020000005b00000000000000480018000b0020${'11'.repeat(32)}0020${'22'.repeat(32)}0000010000`,
      'hex',
    )
    ecdsa.writeUInt32BE(ecdsa.length, 2)
    const isNamed = (error: unknown): boolean =>
      error instanceof TpmResponseError || error instanceof TpmFormatError
    expectSound(
      await fuzz(
        [ecdsa],
        (bytes) => {
          // A response code that asks for the command again would be waited for.
          if (bytes.length >= 10) bytes.writeUInt32BE(bytes.readUInt32BE(6) & 0xff, 6)
          const channel = {
            transmit: () => Promise.resolve(bytes),
            [Symbol.asyncDispose]: () => Promise.resolve(),
          }
          const scheme = { scheme: 0x0018, hash: 0x000b }
          return sign(channel, 0x8100_0001, Buffer.alloc(32), scheme, new Uint8Array(0))
        },
        isNamed,
      ),
    )
  })

  it('of distinguished names', { timeout: LIMIT_MS }, async () => {
    const names = [
      'CN=web\\, one+OU="a;b",O=Acme,2.5.4.6=#13024445',
      'CN=\\C3\\84, EMAILADDRESS=a@b.c',
    ]
    const isNamed = (error: unknown): boolean => error instanceof NameSyntaxError
    expectSound(
      await fuzz(
        names.map((name) => Buffer.from(name)),
        (bytes) => parseDistinguishedName(bytes.toString('utf8')),
        isNamed,
      ),
    )
  })

  it('of certificate selectors', { timeout: LIMIT_MS }, async () => {
    const { certificates } = await openPkcs12(fixture('pkcs12/plain.p12'), {
      file: 'plain.p12',
      password: PASSWORD,
      reporter,
    })
    const text = 'Key=x509Subject,Value=O=rolesanywhere,CN=fixture Key=x509Serial,Value=15D196'
    expectSound(
      await fuzz([Buffer.from(text)], async (bytes) => {
        const damaged = bytes.toString('utf8')
        if (damaged.startsWith('file://')) return undefined
        return matchesSelector(certificates[0]!, await readCertificateSelector(damaged))
      }),
    )
  })
})
