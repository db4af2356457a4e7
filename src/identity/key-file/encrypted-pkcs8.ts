/**
 * Opens an `EncryptedPrivateKeyInfo`. Loaded only when a key is encrypted: the ASN.1 library costs
 * tens of milliseconds that plain keys do not pay.
 *
 * Node could open most of these files itself, but not scrypt above 32 MiB nor the older ciphers, and it
 * answers a wrong password, an unknown cipher and a broken file alike with OpenSSL's words.
 *
 * @see RFC 5958 section 3; RFC 8018 section 6; RFC 7292 appendix C
 * @module
 */

import { createPrivateKey, type KeyObject } from 'node:crypto'
import { Asn1Element, Asn1Error, element } from '../encoding/asn1-element.ts'
import { readAlgorithmIdentifier } from './encryption/algorithms.ts'
import { DecryptionFailed, prepareDecryption, type Decryption } from './encryption/decrypt.ts'
import { KdfBudget } from './encryption/kdf-budget.ts'
import { passwordForms, type PasswordForm } from './encryption/password-forms.ts'
import { malformedKey, passwordIncorrect, type KeySource } from './key-source.ts'

/**
 * Opens the key; asks for the password only after the cost of using it is known to be sane.
 *
 * @throws {RolesAnywhereError} ERR_KEY_PASSWORD_REQUIRED, ERR_KEY_PASSWORD_INCORRECT,
 *   ERR_KEY_CIPHER_UNSUPPORTED, ERR_KEY_KDF_TOO_COSTLY, ERR_KEY_MALFORMED, ERR_KEY_UNSUPPORTED.
 */
export async function openEncryptedPkcs8(der: Buffer, source: KeySource): Promise<KeyObject> {
  const info = readInfo(der, source.name)
  info.prepare()
  let failure: unknown
  for (const form of passwordForms(await source.password())) {
    try {
      return await openWith(info.prepare(), info.encrypted, form, source.name)
    } catch (error) {
      failure ??= error
    }
  }
  throw failure
}

interface EncryptedInfo {
  readonly encrypted: Uint8Array
  prepare(): Decryption
}

/** EncryptedPrivateKeyInfo: encryptionAlgorithm, encryptedData. */
function readInfo(der: Buffer, name: string): EncryptedInfo {
  return malformedUnless(name, () => {
    const parts = Asn1Element.parse(der).sequence()
    const algorithm = readAlgorithmIdentifier(element(parts, 0))
    return {
      encrypted: element(parts, 1).octets(),
      prepare: () => malformedUnless(name, () => prepareDecryption(algorithm, new KdfBudget(name))),
    }
  })
}

async function openWith(
  decryption: Decryption,
  encrypted: Uint8Array,
  password: PasswordForm,
  name: string,
): Promise<KeyObject> {
  const plain = Buffer.from(
    await decryption.decrypt(encrypted, password).catch((error: unknown) => {
      if (error instanceof DecryptionFailed) throw passwordIncorrect(name)
      throw error instanceof Asn1Error ? malformedKey(name) : error
    }),
  )
  try {
    return createPrivateKey({ key: plain, format: 'der', type: 'pkcs8' })
  } catch {
    // One wrong password in 256 leaves a padding that looks right, and garbage before it.
    const { explainUnreadableKey } = await import('./explain-unreadable-key.ts')
    throw explainUnreadableKey(plain, name) ?? passwordIncorrect(name)
  } finally {
    plain.fill(0)
  }
}

function malformedUnless<T>(name: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw error instanceof Asn1Error ? malformedKey(name) : error
  }
}
