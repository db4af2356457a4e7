/**
 * ML-DSA keys on a real token of PKCS#11 3.2, through the real executable: the emulator accepts what they
 * sign, and a module without ML-DSA says so before anybody is asked for a PIN.
 */

import { verify, X509Certificate, type KeyObject } from 'node:crypto'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Emulator } from '../../src/emulator/emulator.ts'
import type { MlDsaKeyType } from '../../src/emulator/throwaway-pki.ts'
import { ARN_FLAGS, credentialsIn, openStage, type Stage } from '../support/cli-stage.ts'
import { BUILD_TIMEOUT_MS, buildKryoptic, hasKryoptic, KryopticToken } from '../support/kryoptic.ts'
import { runCli, type CliResult } from '../support/run-cli.ts'
import { hasSoftToken, PIN, SOFTHSM, SoftTokens } from '../support/soft-token.ts'

const KEY_TYPES = ['ml-dsa-44', 'ml-dsa-65', 'ml-dsa-87'] as const

let stage: Stage
let emulator: Emulator
const certificates = new Map<MlDsaKeyType, string>()

beforeAll(async () => {
  stage = await openStage()
  emulator = await stage.emulate()
})

afterAll(async () => {
  await stage[Symbol.asyncDispose]()
})

const credentialProcess = (...more: readonly string[]): readonly string[] => [
  ...['credential-process', ...ARN_FLAGS, '--endpoint', emulator.url, ...more],
]

describe.skipIf(!hasKryoptic)('ML-DSA keys on a token', () => {
  let token: KryopticToken

  beforeAll(async () => {
    token = new KryopticToken(await buildKryoptic(), 'pqc')
    for (const [index, keyType] of KEY_TYPES.entries()) {
      const issued = await stage.authority.issue({ keyType })
      const object = { id: `0${index + 1}`, label: keyType }
      token.addCertificate(issued.certificatePem, object)
      token.addMlDsaKey(issued.privateKeyPem, object)
      certificates.set(keyType, issued.certificatePem)
      stage.place(keyType, issued)
    }
  }, BUILD_TIMEOUT_MS)

  afterAll(() => {
    token[Symbol.dispose]()
  })

  const run = async (args: readonly string[], stdin = ''): Promise<CliResult> =>
    runCli([...args, '--pkcs11-lib', token.path], { env: { ...token.env, PIN }, stdin })
  const uriOf = (keyType: MlDsaKeyType): string => `pkcs11:token=pqc;object=${keyType}`
  const publicKeyOf = (keyType: MlDsaKeyType): KeyObject =>
    new X509Certificate(certificates.get(keyType) ?? '').publicKey

  it.each(KEY_TYPES)('the emulator accepts a session signed by %s', async (keyType) => {
    const result = await run(credentialProcess('--certificate', uriOf(keyType), '--pin', 'env:PIN'))
    expect(credentialsIn(result)).toMatchObject({ Version: 1 })
    expect(result.stderr).toBe('')
  })

  it.each(KEY_TYPES)('and so with the certificate of %s in a file', async (keyType) => {
    const certificate = join(stage.folder, `${keyType}.pem`)
    const key = ['--private-key', 'pkcs11:token=pqc', '--pin', 'env:PIN']
    const result = await run(credentialProcess('--certificate', certificate, ...key))
    expect(credentialsIn(result)).toMatchObject({ Version: 1 })
  })

  it.each(KEY_TYPES)('OpenSSL verifies what sign-string prints of %s', async (keyType) => {
    const flags = ['--private-key', uriOf(keyType), '--pin', 'env:PIN', '--format', 'bin']
    const { stdout } = await run(['sign-string', ...flags, '--stdin'], 'a message')
    expect(verify(null, Buffer.from('a message'), publicKeyOf(keyType), stdout)).toBe(true)
  })

  it('pkcs11 list shows them by name', async () => {
    const login = ['--login', '--token', 'pkcs11:token=pqc', '--pin', 'env:PIN']
    const { stdout } = await run(['pkcs11', 'list', ...login])
    for (const keyType of KEY_TYPES) {
      expect(stdout.toString()).toMatch(
        new RegExp(`key pkcs11:\\S*object=${keyType};\\S* \\(${keyType.toUpperCase()}\\)`, 'u'),
      )
    }
  })

  it('the key of another certificate is refused by name', async () => {
    const flags = ['--private-key', uriOf('ml-dsa-65'), '--pin', 'env:PIN']
    const certificate = join(stage.folder, 'ml-dsa-44.pem')
    const result = await run(credentialProcess('--certificate', certificate, ...flags))
    expect(result.exitCode).toBe(4)
    expect(result.stderr).toContain('ERR_KEY_MISMATCH')
  })
})

it.skipIf(!hasSoftToken)('a module without ML-DSA says so, and asks for no PIN', async () => {
  using tokens = new SoftTokens()
  const issued = await stage.authority.issue({ keyType: 'ml-dsa-65' })
  const stranger = await stage.authority.issue({ keyType: 'ec' })
  tokens.addToken('card')
  tokens.addCertificate('card', issued.certificatePem, { id: '01', label: 'leaf' })
  tokens.addKey('card', stranger.privateKeyPem, { id: '02', label: 'other' })
  const flags = ['--certificate', 'pkcs11:token=card', '--pkcs11-lib', SOFTHSM]
  const result = await runCli(credentialProcess(...flags), { env: tokens.env })
  expect(result.exitCode).toBe(4)
  expect(result.stderr).toContain('token "card" cannot sign with one')
  expect(result.stderr).toContain('does not list the mechanism CKM_ML_DSA [ERR_KEY_UNSUPPORTED]')
})
