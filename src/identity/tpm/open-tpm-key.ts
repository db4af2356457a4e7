/**
 * Opens TPM keys as the settings name them, and settles whether a password is needed.
 *
 * What a key file says about its password is taken as the default only: tpm2-tools 5.4 writes the flag
 * the wrong way round, so the settings have the last word.
 *
 * @module
 */

import { RolesAnywhereError } from '../../core/errors.ts'
import { describeLocation } from '../../core/key-location.ts'
import type { Reporter } from '../../core/ports.ts'
import { says, setting } from '../../core/wording.ts'
import type { OpenedKey } from '../key-candidate.ts'
import { DEFAULT_TPM_DEVICE } from './channel.ts'
import { RefusedPasswords } from '../secret/refused-passwords.ts'
import { loadTpmSigner, type TpmKey } from './tpm-signer.ts'
import { parseTss2Key } from './tss2-key-file.ts'

/** How a TPM is reached, and its keys are unlocked. */
export interface TpmAccess {
  /** A device, the path of a Unix socket, or `HOST:PORT`. Default `/dev/tpmrm0`. */
  readonly device?: string | undefined
  /** The key's password. Default: that of key files. */
  readonly password?: (() => Promise<string>) | undefined
  /** The key has no password, whatever its file says. */
  readonly noPassword?: boolean | undefined
  /** Ends the wait for a TPM that is silent while the key is looked at. */
  readonly signal?: AbortSignal | undefined
  /** Default: what this process has learned so far. */
  readonly refusedPasswords?: RefusedPasswords | undefined
}

/**
 * A key from the bytes of a `TSS2 PRIVATE KEY` block.
 *
 * @throws {RolesAnywhereError} codes of the key family.
 */
export async function openTpmKeyFile(
  der: Uint8Array,
  file: string,
  access: TpmAccess,
  reporter: Reporter,
): Promise<OpenedKey> {
  const key = parseTss2Key(der, file)
  const name = `"${file}"`
  if (key.emptyAuth && access.password !== undefined && access.noPassword !== true) {
    reporter.warn(`${name} says that its key has no password, and one is given: it is used`)
  }
  return open({ kind: 'file', name, key }, access, key.emptyAuth)
}

/**
 * A key that lives in the TPM.
 *
 * @throws {RolesAnywhereError} codes of the key family.
 */
export async function openTpmHandle(handle: number, access: TpmAccess): Promise<OpenedKey> {
  const name = describeLocation({ kind: 'tpm-handle', handle })
  return open({ kind: 'handle', name, handle }, access, false)
}

/** Outlives every loading: `serve` loads its identity anew again and again. */
const refusedInThisProcess = new RefusedPasswords()

function open(key: TpmKey, access: TpmAccess, saysEmpty: boolean): Promise<OpenedKey> {
  const { device = DEFAULT_TPM_DEVICE, signal, refusedPasswords = refusedInThisProcess } = access
  const password = passwordOf(key.name, access, saysEmpty)
  return loadTpmSigner({ device, signal, key, password, refusedPasswords })
}

function passwordOf(
  name: string,
  { password, noPassword }: TpmAccess,
  saysEmpty: boolean,
): () => Promise<string> {
  if (noPassword === true) return () => Promise.resolve('')
  if (password !== undefined) return password
  if (saysEmpty) return () => Promise.resolve('')
  return () =>
    Promise.reject(
      new RolesAnywhereError('ERR_KEY_PASSWORD_REQUIRED', `the TPM key ${name} needs a password`, {
        hint: says`say where it is with ${setting('keyPassword')}, or ${setting('noTpmKeyPassword')} when there is none`,
      }),
    )
}
