/**
 * Signs with a key in a TPM 2.0: one that a key file holds wrapped, or one that lives in the TPM under
 * a persistent handle.
 *
 * The TPM is opened for each signature and left as it was found: what was loaded is flushed, whatever
 * happens. So a TPM that was away is simply there again the next time. A password that the TPM refused
 * is never sent again: its dictionary-attack protection counts, and locks every protected key.
 *
 * @see TPM 2.0 Library, Part 1, section 19.8 (Dictionary Attack Protection); reliability.md T22, F13
 * @module
 */

import type { KeyObject } from 'node:crypto'
import { signingAlgorithmOf, type SigningAlgorithm } from '../../core/algorithms.ts'
import { RolesAnywhereError } from '../../core/errors.ts'
import type { Signer, SignOptions } from '../../core/ports.ts'
import { encodeEcdsaSignature } from '../../core/ecdsa-signature.ts'
import { TurnQueue } from '../../machine/turn-queue.ts'
import { isSignatureOf } from '../node-signature.ts'
import { openTpm, type TpmChannel } from './channel.ts'
import {
  TpmResponseError,
  createPrimary,
  flushContext,
  load,
  readProperty,
  readPublic,
  sign,
} from './commands.ts'
import { HT_PERSISTENT, PT_LOCKOUT_COUNTER, PT_MAX_AUTH_FAIL } from './constants.ts'
import {
  NotASigningKey,
  checkMaySign,
  readPublicArea,
  storageKeyTemplate,
  type PublicArea,
} from './public-area.ts'
import type { RefusedPasswords } from '../secret/refused-passwords.ts'
import { RC_AUTH_FAIL, RC_BAD_AUTH, RC_LOCKOUT, baseCode, tpmFailure } from './response-codes.ts'
import { prepareDigest } from './signing-scheme.ts'
import type { Tss2Key } from './tss2-key-file.ts'
import { TpmFormatError } from './wire.ts'

/** Where the key is. */
export type TpmKey =
  | { readonly kind: 'file'; readonly name: string; readonly key: Tss2Key }
  | { readonly kind: 'handle'; readonly name: string; readonly handle: number }

export interface TpmSignerOptions {
  /** A device, a Unix socket, or `HOST:PORT`; see `openTpm`. */
  readonly device: string
  /** For the time of loading; signatures have signals of their own. */
  readonly signal?: AbortSignal | undefined
  readonly key: TpmKey
  /** Asked when the first signature needs it, and once; empty for a key without password. */
  password(): Promise<string>
  readonly refusedPasswords: RefusedPasswords
}

/**
 * Reads what kind of key it is; asks the TPM only for a handle. No password is sent yet.
 *
 * @throws {RolesAnywhereError} ERR_KEY_TPM_UNAVAILABLE, ERR_KEY_TPM_FAILED, ERR_KEY_UNSUPPORTED,
 *   ERR_CANCELLED.
 */
export async function loadTpmSigner(
  options: TpmSignerOptions,
): Promise<{ readonly signer: Signer; readonly publicKey: KeyObject }> {
  const { key } = options
  const area = await explained(key.name, async () => {
    const found = key.kind === 'file' ? key.key.publicArea : await readArea(key.handle, options)
    checkMaySign(found)
    // Fails now rather than at the first request when the key is fixed to another scheme.
    prepareDigest(found, new Uint8Array(0), 'sha256')
    return found
  })
  return { signer: new TpmSigner(options, area), publicKey: area.publicKey }
}

async function readArea(handle: number, { device, signal }: TpmSignerOptions): Promise<PublicArea> {
  await using channel = await openTpm(device, signal)
  return readPublicArea(await readPublic(channel, handle))
}

class TpmSigner implements Signer {
  readonly algorithm: SigningAlgorithm
  readonly #options: TpmSignerOptions
  readonly #area: PublicArea
  #password: Uint8Array | undefined
  #closed = false
  /** Signatures wait for each other: /dev/tpm0 and swtpm take one client at a time. */
  readonly #turns = new TurnQueue()

  constructor(options: TpmSignerOptions, area: PublicArea) {
    this.algorithm = signingAlgorithmOf(area.publicKey)
    this.#options = options
    this.#area = area
  }

  async sign(message: Uint8Array, options: SignOptions = {}): Promise<Uint8Array> {
    return this.#turns.run(async () => this.#sign(message, options))
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true
    this.#password?.fill(0)
    this.#password = undefined
    return Promise.resolve()
  }

  async #sign(message: Uint8Array, { hash, signal }: SignOptions): Promise<Uint8Array> {
    if (signal?.aborted === true) throw new RolesAnywhereError('ERR_CANCELLED', 'cancelled')
    if (this.#closed) throw new RolesAnywhereError('ERR_KEY_SIGN_FAILED', 'the signer was closed')
    const { device, key, refusedPasswords } = this.#options
    this.#password ??= Buffer.from(await this.#options.password())
    const password = this.#password
    if (refusedPasswords.has(key.name, password)) throw passwordRefused(key.name, undefined)

    return explained(key.name, async () => {
      const { digest, scheme } = prepareDigest(this.#area, message, hash ?? 'sha256')
      await using channel = await openTpm(device, signal)
      const signature = await withKey(channel, key, refusedPasswords, (handle) =>
        sign(channel, handle, digest, scheme, password).catch(async (error: unknown) => {
          if (!isWrongPassword(error)) throw error
          refusedPasswords.add(key.name, password)
          throw passwordRefused(key.name, await readLockout(channel, error))
        }),
      )
      const encoded =
        signature.kind === 'rsassa'
          ? signature.signature
          : encodeEcdsaSignature(signature.r, signature.s)
      const by = { algorithm: this.algorithm, publicKey: this.#area.publicKey }
      if (!isSignatureOf(encoded, message, by, hash)) {
        throw new RolesAnywhereError(
          'ERR_KEY_SIGN_FAILED',
          `the TPM's signature with ${key.name} does not verify with the key's public part`,
        )
      }
      return encoded
    })
  }
}

/** Runs `use` with the handle of the key, and flushes what had to be loaded for it. */
async function withKey<T>(
  channel: TpmChannel,
  key: TpmKey,
  refusedPasswords: RefusedPasswords,
  use: (handle: number) => Promise<T>,
): Promise<T> {
  if (key.kind === 'handle') return use(key.handle)
  const { parent, rsaParent, privateBytes, publicBytes } = key.key
  const loadAndUse = async (parentHandle: number): Promise<T> =>
    withFlush(channel, await load(channel, parentHandle, privateBytes, publicBytes), use)
  if (parent >>> 24 === HT_PERSISTENT) {
    return withEmptyPassword(parent, refusedPasswords, () => loadAndUse(parent))
  }
  const primary = await createPrimary(channel, parent, storageKeyTemplate(rsaParent))
  return withFlush(channel, primary, loadAndUse)
}

/** A parent that has a password counts the empty one as a wrong try: once is enough. */
async function withEmptyPassword<T>(
  parent: number,
  refusedPasswords: RefusedPasswords,
  use: () => Promise<T>,
): Promise<T> {
  const name = `the parent key 0x${parent.toString(16)}`
  const empty = new Uint8Array(0)
  const unsupported = new RolesAnywhereError(
    'ERR_KEY_UNSUPPORTED',
    `${name} in the TPM has a password of its own, which is not supported`,
    { hint: 'make the key under a parent without password' },
  )
  if (refusedPasswords.has(name, empty)) throw unsupported
  try {
    return await use()
  } catch (error) {
    if (!isWrongPassword(error)) throw error
    refusedPasswords.add(name, empty)
    throw unsupported
  }
}

export async function withFlush<T>(
  channel: TpmChannel,
  handle: number,
  use: (handle: number) => Promise<T>,
): Promise<T> {
  try {
    return await use(handle)
  } finally {
    // A TPM that has gone away has flushed by itself; its first error is the one to tell.
    await flushContext(channel, handle).catch(() => undefined)
  }
}

function isWrongPassword(error: unknown): error is TpmResponseError {
  if (!(error instanceof TpmResponseError)) return false
  const code = baseCode(error.responseCode)
  return code === RC_AUTH_FAIL || code === RC_BAD_AUTH
}

interface Lockout {
  readonly failures: number
  readonly limit: number
}

/** How near the lock-out is; undefined for keys that the TPM does not protect so. */
async function readLockout(
  channel: TpmChannel,
  error: TpmResponseError,
): Promise<Lockout | undefined> {
  if (baseCode(error.responseCode) !== RC_AUTH_FAIL) return undefined
  try {
    const failures = await readProperty(channel, PT_LOCKOUT_COUNTER)
    const limit = await readProperty(channel, PT_MAX_AUTH_FAIL)
    return failures === undefined || limit === undefined ? undefined : { failures, limit }
  } catch {
    return undefined
  }
}

function passwordRefused(name: string, lockout: Lockout | undefined): RolesAnywhereError {
  const count =
    lockout === undefined
      ? ''
      : `; the TPM has counted ${lockout.failures} of ${lockout.limit} wrong passwords`
  return new RolesAnywhereError(
    'ERR_KEY_PASSWORD_INCORRECT',
    `the TPM refuses the password of ${name}${count}`,
    {
      hint: 'correct the password; the same one is not sent again',
      ...(lockout === undefined ? {} : { detail: { ...lockout } }),
    },
  )
}

/** Turns what the TPM layers throw into errors that name the key. */
export async function explained<T>(name: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof NotASigningKey) {
      throw new RolesAnywhereError('ERR_KEY_UNSUPPORTED', `${name} cannot sign: ${error.message}`)
    }
    if (error instanceof TpmFormatError) {
      throw new RolesAnywhereError('ERR_KEY_TPM_FAILED', `${name}: ${error.message}`, {
        cause: error,
      })
    }
    if (!(error instanceof TpmResponseError)) throw error
    if (baseCode(error.responseCode) !== RC_LOCKOUT) {
      throw tpmFailure(error.command, error.responseCode)
    }
    throw new RolesAnywhereError(
      'ERR_KEY_TPM_LOCKED_OUT',
      `the TPM is locked after too many wrong passwords and refuses ${name}`,
      { hint: 'wait until it recovers, or reset it with "tpm2_dictionarylockout -c"' },
    )
  }
}
