/**
 * The one way to a new private key: in a file, on a token or in a TPM, and never in the place of another one.
 *
 * | where it is to be            | made by                          | what is left there                    |
 * | ---------------------------- | -------------------------------- | ------------------------------------- |
 * | a path                       | key-file/make-key.ts             | PKCS#8 in PEM, mode 0600              |
 * | a path, and kept in the TPM  | tpm/make-key.ts                  | `TSS2 PRIVATE KEY`, for that TPM only |
 * | a `pkcs11:` URI              | pkcs11/token/make-key.ts         | a pair of objects that cannot leave   |
 *
 * @module
 */

import { lstat } from 'node:fs/promises'
import { RolesAnywhereError } from '../core/errors.ts'
import type { KeyLocation } from '../core/key-location.ts'
import { says, setting } from '../core/wording.ts'
import { exists, writeNewFile } from '../machine/new-file.ts'
import type { IdentityPorts, KeyOptions, Secret } from './identity-options.ts'
import type { KeyKind } from './key-kind.ts'
import { openSigner, type OpenedSigner } from './open-identity.ts'
import { readSecret } from './secret/read-secret.ts'

export interface NewKeyOptions extends KeyOptions {
  /** Where the key is to be. */
  readonly privateKey: KeyLocation
  readonly kind: KeyKind
  /** The file is to hold a key that only this machine's TPM can use. Default false. */
  readonly inTpm?: boolean | undefined
}

export interface NewKey extends OpenedSigner {
  /** How the key is named from now on; fit to be pasted. */
  readonly place: string
}

/**
 * Makes a key and opens it.
 *
 * @throws {RolesAnywhereError} ERR_OUTPUT_EXISTS, ERR_OUTPUT_UNWRITABLE, ERR_USAGE_*, codes of the key family.
 */
export async function makeKey(options: NewKeyOptions, ports: IdentityPorts): Promise<NewKey> {
  const { privateKey, kind, inTpm = false } = options
  switch (privateKey.kind) {
    case 'pkcs11': {
      if (inTpm) throw notThere('a token keeps its keys itself')
      const { makeTokenKey } = await import('./pkcs11/token/make-key.ts')
      return await makeTokenKey({ ...options, uri: privateKey.uri }, ports)
    }
    case 'path': {
      const { path } = privateKey
      // Before a TPM works, or a person is asked for a password.
      if ((await lstat(path).catch(() => undefined)) !== undefined) throw exists(path)
      const password = await newPassword(options, path, ports)
      await writeNewFile(path, await keyText(kind, inTpm, password, options, ports))
      const opened = await openSigner({ ...options, ...passwordOptions(password) }, ports)
      return { ...opened, place: path }
    }
    default:
      throw notThere('a new key needs a place that lasts')
  }
}

async function keyText(
  kind: KeyKind,
  inTpm: boolean,
  password: string | undefined,
  { tpmDevice }: NewKeyOptions,
  { secrets }: IdentityPorts,
): Promise<string> {
  if (!inTpm) return await (await import('./key-file/make-key.ts')).makeKeyPem(kind, password)
  const { makeTpmKeyPem } = await import('./tpm/make-key.ts')
  return await makeTpmKeyPem(kind, { device: tpmDevice, password, signal: secrets.signal })
}

/** As the key is opened with at once: a source that can be read only once is used up. */
function passwordOptions(password: string | undefined): Pick<KeyOptions, 'keyPassword'> {
  return { keyPassword: password === undefined ? undefined : async () => Promise.resolve(password) }
}

/** What a person types unseen is asked for twice: a key with a mistyped password is lost. */
async function newPassword(
  { keyPassword, tpmKeyPassword, noTpmKeyPassword = false }: NewKeyOptions,
  path: string,
  { secrets }: IdentityPorts,
): Promise<string | undefined> {
  const source: Secret | undefined = noTpmKeyPassword ? undefined : (tpmKeyPassword ?? keyPassword)
  if (source === undefined) return undefined
  if (typeof source === 'function') return await source()
  const password = await readSecret(source, `a password for the new key "${path}"`, secrets)
  if (source.kind !== 'prompt') return password
  const again = await readSecret(source, 'the same password once more', secrets)
  if (again === password) return password
  throw new RolesAnywhereError('ERR_USAGE_INVALID_VALUE', 'the two passwords are not the same', {
    hint: 'nothing was made; try again',
  })
}

function notThere(reason: string): RolesAnywhereError {
  return new RolesAnywhereError(
    'ERR_USAGE_CONFLICT',
    says`a new key cannot be made there: ${reason}`,
    {
      hint: says`give ${setting('privateKey')} the path of a new file, or a pkcs11 URI with token= and object=`,
    },
  )
}
