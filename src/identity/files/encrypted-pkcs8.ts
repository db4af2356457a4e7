/**
 * Opens an `EncryptedPrivateKeyInfo`. Loaded only when a key is encrypted: the ASN.1 library costs
 * tens of milliseconds that plain keys do not pay.
 *
 * @see RFC 5958 section 3; RFC 8018 section 6; RFC 7292 appendix C for PBES1 with 3DES
 * @module
 */

import { createPrivateKey, type KeyObject } from 'node:crypto'
import { AsnParser } from '@peculiar/asn1-schema'
import { EncryptedPrivateKeyInfo } from '@peculiar/asn1-pkcs8'
import type { AlgorithmIdentifier } from '@peculiar/asn1-x509'
import {
  checkIterations,
  checkSalt,
  cipherUnsupported,
  parse,
  preparePbes2,
  type Decryption,
} from './pbes2.ts'
import { PbeParameters } from './pkcs5-schema.ts'
import { malformedKey, passwordIncorrect, type KeySource } from './key-source.ts'

/**
 * Opens the key; asks for the password only after the cost of using it is known to be sane.
 *
 * @throws {RolesAnywhereError} ERR_KEY_PASSWORD_REQUIRED, ERR_KEY_PASSWORD_INCORRECT,
 *   ERR_KEY_CIPHER_UNSUPPORTED, ERR_KEY_KDF_TOO_COSTLY, ERR_KEY_MALFORMED, ERR_KEY_UNSUPPORTED.
 */
export async function openEncryptedPkcs8(der: Buffer, source: KeySource): Promise<KeyObject> {
  const { encryptionAlgorithm, encryptedData } = parseInfo(der, source.name)
  const algorithm = encryptionAlgorithm.algorithm
  if (algorithm === PBES2) {
    const decryption = preparePbes2(encryptionAlgorithm, source.name)
    return openPbes2(decryption, Buffer.from(encryptedData.buffer), source)
  }
  if (PBES1_WITH_3DES.includes(algorithm)) return openPbes1(der, encryptionAlgorithm, source)
  throw cipherUnsupported(algorithm, source.name)
}

async function openPbes2(
  decryption: Decryption,
  encrypted: Buffer,
  source: KeySource,
): Promise<KeyObject> {
  const plain = await decryption.decrypt(encrypted, await source.password())
  if (plain === undefined) throw passwordIncorrect(source.name)
  try {
    return createPrivateKey({ key: plain, format: 'der', type: 'pkcs8' })
  } catch {
    // One wrong password in 256 leaves a padding that looks right, and garbage before it.
    const { explainUnreadableKey } = await import('./explain-unreadable-key.ts')
    throw explainUnreadableKey(plain, source.name) ?? passwordIncorrect(source.name)
  } finally {
    plain.fill(0)
  }
}

/** PKCS#12's own key derivation is OpenSSL's work; its cost is checked here. */
async function openPbes1(
  der: Buffer,
  algorithm: AlgorithmIdentifier,
  source: KeySource,
): Promise<KeyObject> {
  const parameters = parse(algorithm, PbeParameters, source.name)
  checkSalt(parameters.salt, source.name)
  checkIterations(parameters.iterationCount, source.name)
  const passphrase = await source.password()
  try {
    return createPrivateKey({ key: der, format: 'der', type: 'pkcs8', passphrase })
  } catch {
    throw passwordIncorrect(source.name)
  }
}

function parseInfo(der: Buffer, name: string): EncryptedPrivateKeyInfo {
  try {
    return AsnParser.parse(der, EncryptedPrivateKeyInfo)
  } catch {
    throw malformedKey(name)
  }
}

const PBES2 = '1.2.840.113549.1.5.13'
/** Three keys, and two. */
const PBES1_WITH_3DES: readonly string[] = ['1.2.840.113549.1.12.1.3', '1.2.840.113549.1.12.1.4']
