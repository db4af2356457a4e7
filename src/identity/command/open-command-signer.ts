/**
 * A command that signs, with the public key of a file instead of a certificate: there is none yet when one
 * is asked for.
 *
 * @module
 */

import { createPublicKey, type KeyObject } from 'node:crypto'
import { RolesAnywhereError } from '../../core/errors.ts'
import { quoted } from '../../core/printable.ts'
import { says, setting } from '../../core/wording.ts'
import { readSmallFile } from '../../machine/read-file.ts'
import type { OpenedKey } from '../key-candidate.ts'
import { createCommandSigner, type CommandSignerOptions } from './command-signer.ts'

/**
 * @param path of the public key, see `readPublicKey`.
 * @throws {RolesAnywhereError} as `readPublicKey`, ERR_KEY_UNSUPPORTED.
 */
export async function openCommandSigner(
  command: string,
  path: string,
  env: CommandSignerOptions['env'],
): Promise<OpenedKey> {
  const publicKey = await readPublicKey(path)
  return { publicKey, signer: createCommandSigner({ command, publicKey, env }) }
}

/**
 * The public key in a file: PEM or DER, bare (SubjectPublicKeyInfo) or in a certificate in PEM.
 *
 * @throws {RolesAnywhereError} ERR_CONFIG_FILE_*, ERR_KEY_MALFORMED.
 */
export async function readPublicKey(path: string): Promise<KeyObject> {
  const { bytes } = await readSmallFile(path, says`${setting('publicKey')}`)
  try {
    return bytes.includes('-----BEGIN')
      ? createPublicKey(bytes)
      : createPublicKey({ key: bytes, format: 'der', type: 'spki' })
  } catch (cause) {
    throw new RolesAnywhereError('ERR_KEY_MALFORMED', `${quoted(path)} holds no public key`, {
      hint: 'PEM with "BEGIN PUBLIC KEY", as "openssl pkey -pubout" writes it, or a certificate',
      cause,
    })
  }
}
