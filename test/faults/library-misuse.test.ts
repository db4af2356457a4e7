/**
 * What callers without a type checker give to the library: a named error, and no secret in it.
 *
 * @module
 */

import { createPrivateKey } from 'node:crypto'
import { chmodSync, readFileSync } from 'node:fs'
import { inspect } from 'node:util'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { fromRolesAnywhere, type FromRolesAnywhereOptions } from '../../src/index.ts'
import { openStage, type Stage } from '../support/cli-stage.ts'
import { PROFILE_ARN, ROLE_ARN, TRUST_ANCHOR_ARN } from '../support/pki-request.ts'
import { refusalOf } from '../support/refusal.ts'

let stage: Stage
let options: FromRolesAnywhereOptions
beforeAll(async () => {
  stage = await openStage()
  const { certificatePath, privateKeyPem } = await stage.issue('client')
  const encrypted = createPrivateKey(privateKeyPem).export({
    type: 'pkcs8',
    format: 'pem',
    cipher: 'aes-256-cbc',
    passphrase: '98765',
  })
  options = {
    trustAnchorArn: TRUST_ANCHOR_ARN,
    profileArn: PROFILE_ARN,
    roleArn: ROLE_ARN,
    certificate: certificatePath,
    privateKey: stage.write('encrypted.key', encrypted),
    endpoint: 'http://127.0.0.1:1',
  }
})
afterAll(async () => {
  await stage[Symbol.asyncDispose]()
})

describe('a function for the password', () => {
  it.each([[98_765], [undefined], [null], [{ pin: '98765' }], [Symbol('98765')]])(
    'that yields %s instead of text',
    async (yielded) => {
      const keyPassword = async () => Promise.resolve(yielded as unknown as string)
      const error: unknown = await fromRolesAnywhere({ ...options, keyPassword })().catch(
        (reason: unknown) => reason,
      )
      expect(error).toMatchObject({ code: 'ERR_CONFIG_SECRET_UNAVAILABLE' })
      expect(inspect(error)).not.toContain('98765')
    },
  )
})

describe('timeoutMs', () => {
  it.each([[0], [-1], [1.5], [NaN], [Infinity], [3_600_001], ['5']])(
    'of %j is refused at once',
    (timeoutMs) => {
      expect(() =>
        fromRolesAnywhere({ ...options, timeoutMs: timeoutMs as unknown as number }),
      ).toThrow(expect.objectContaining({ code: 'ERR_USAGE_INVALID_VALUE' }))
    },
  )
})

/** The refusal of options that no type checker has seen. */
function refusalFor(given: unknown): ReturnType<typeof refusalOf> {
  return refusalOf(() => fromRolesAnywhere(given as FromRolesAnywhereOptions))
}

describe('what is missing', () => {
  it.each([
    [undefined, 'fromRolesAnywhere needs trustAnchorArn, profileArn, roleArn, certificate'],
    [null, 'fromRolesAnywhere needs trustAnchorArn, profileArn, roleArn, certificate'],
    [{}, 'fromRolesAnywhere needs trustAnchorArn, profileArn, roleArn, certificate'],
    [{ roleArn: undefined }, 'fromRolesAnywhere needs roleArn'],
    [{ certificate: undefined }, 'fromRolesAnywhere needs certificate'],
    [{ certificate: '' }, 'fromRolesAnywhere needs certificate'],
  ])('in %j is named', (change, message) => {
    const isWhole = change === undefined || change === null || Object.keys(change).length === 0
    const error = refusalFor(isWhole ? change : { ...options, ...change })
    expect(error).toMatchObject({ code: 'ERR_USAGE_MISSING_SETTING', message })
  })
})

describe('an option that nobody knows', () => {
  it.each([
    ['certifcate', 'did you mean certificate?'],
    ['private_key', 'did you mean privateKey?'],
    ['keypassword', 'did you mean keyPassword?'],
    ['toString', 'docs/library.md lists all of them'],
  ])('%s is refused: %s', (name, hint) => {
    const error = refusalFor({ ...options, [name]: 'hunter2' })
    expect(error).toMatchObject({ code: 'ERR_USAGE_UNKNOWN_FLAG', hint })
    expect(inspect(error)).not.toContain('hunter2')
  })

  it('and that is not given is none', () => {
    expect(fromRolesAnywhere({ ...options, ...{ unknown: undefined } })).toBeTypeOf('function')
  })
})

describe('a value that its option cannot have', () => {
  it.each([
    [{ certificate: 42 }, 'ERR_USAGE_INVALID_VALUE', /^certificate is to be a string/u],
    [{ privateKey: null }, 'ERR_USAGE_INVALID_VALUE', /^privateKey .* null was given/u],
    [{ keyPassword: 98_765 }, 'ERR_USAGE_INVALID_VALUE', /^keyPassword .*string or a function/u],
    [{ keyPassword: '98765' }, 'ERR_USAGE_INVALID_VALUE', /^keyPassword: the value does not say/u],
    [{ pin: '98765' }, 'ERR_USAGE_INVALID_VALUE', /^pin: the value does not say where/u],
    [{ roleArn: 'role' }, 'ERR_CONFIG_ARN_INVALID', /^roleArn: /u],
    [{ endpoint: 'ftp://x' }, 'ERR_CONFIG_ENDPOINT_INVALID', /^endpoint: /u],
    [{ privateKey: 'handle:0x01' }, 'ERR_USAGE_INVALID_VALUE', /^privateKey: .*TPM handle/u],
    [{ certificate: 'pkcs11:token' }, 'ERR_CONFIG_PKCS11_URI_INVALID', /^certificate: /u],
    [{ privateKey: '-----BEGIN PRIVATE KEY-----98765' }, 'ERR_USAGE_INVALID_VALUE', /env:NAME/u],
    [{ signerCommand: 'true' }, 'ERR_USAGE_CONFLICT', /^signerCommand and privateKey exclude/u],
  ] as const)('%j is refused at once: %s', (change, code, words) => {
    const error = refusalFor({ ...options, ...change })
    expect(error.code).toBe(code)
    expect(`${error.message} ${error.hint ?? ''}`).toMatch(words)
    expect(inspect(error)).not.toContain('98765')
  })
})

describe('a path', () => {
  it('may begin at the home folder', async () => {
    vi.stubEnv('HOME', stage.folder)
    const inHome = { ...options, certificate: '~/client.pem', privateKey: '~/missing.key' }
    const error: unknown = await fromRolesAnywhere(inHome)().catch((reason: unknown) => reason)
    vi.unstubAllEnvs()
    expect(error).toMatchObject({
      code: 'ERR_CONFIG_FILE_UNREADABLE',
      message: expect.stringContaining(`"${stage.folder}/missing.key" (privateKey)`) as string,
    })
  })
})

/** `emptyAuth [0]` of a TPM key file made TRUE. No TPM is asked, since the file tells its public key. */
function keyWithoutPassword(): Buffer {
  const pem = readFileSync(new URL('../../fixtures/tpm/ec.tss2', import.meta.url), 'utf8')
  const der = Buffer.from(pem.replaceAll(/-----.*-----/gu, ''), 'base64').toString('hex')
  const changed = Buffer.from(der.replace('a003010100', 'a0030101ff'), 'hex').toString('base64')
  return Buffer.from(
    `-----BEGIN TSS2 PRIVATE KEY-----\n${changed}\n-----END TSS2 PRIVATE KEY-----\n`,
  )
}

describe('onWarning', () => {
  /** Credentials with a key that others may read. */
  async function withWarnings(
    onWarning: NonNullable<FromRolesAnywhereOptions['onWarning']>,
  ): Promise<unknown> {
    const client = await stage.issue('client-with-warnings')
    chmodSync(client.privateKeyPath, 0o644)
    const { url } = await stage.emulate()
    return await fromRolesAnywhere({
      ...options,
      certificate: client.certificatePath,
      privateKey: client.privateKeyPath,
      endpoint: url,
      onWarning,
    })()
  }

  it('gets text and an object, whatever there is to say', async () => {
    const seen: unknown[] = []
    await withWarnings((...args) => void seen.push(args))
    expect(seen).toEqual([
      [
        expect.stringContaining('is open to other users'),
        { hint: expect.stringContaining('chmod 600') as string },
      ],
    ])
  })

  it('gets an object where there is no hint, too', async () => {
    const seen: unknown[] = []
    const provider = fromRolesAnywhere({
      ...options,
      privateKey: stage.write('empty-auth.tss2', keyWithoutPassword()),
      keyPassword: async () => Promise.resolve('98765'),
      onWarning: (...args) => void seen.push(args),
    })
    await expect(provider()).rejects.toMatchObject({ code: 'ERR_KEY_MISMATCH' })
    expect(seen).toEqual([[expect.stringContaining('has no password'), { hint: undefined }]])
  })

  it.each<readonly [what: string, onWarning: () => unknown]>([
    [
      'throws',
      () => {
        throw new Error('of the caller')
      },
    ],
    ['rejects', async () => Promise.reject(new Error('of the caller'))],
  ])('that %s costs no credentials', async (_what, onWarning) => {
    expect(await withWarnings(onWarning)).toMatchObject({ accountId: '111122223333' })
  })
})
