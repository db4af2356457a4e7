/**
 * The integrity check of a PKCS#12 file, done before anything in it is believed.
 *
 * @see RFC 7292 section 4 and appendix B (the usual MAC); RFC 9879 (PBMAC1)
 * @module
 */

import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Asn1Element } from '../../encoding/asn1-element.ts'
import { Asn1Error, element } from '../../encoding/asn1-element.ts'
import type { AlgorithmIdentifier } from '../encryption/algorithms.ts'
import {
  HASHES,
  PBKDF2,
  PBMAC1,
  readAlgorithmIdentifier,
  requireParameters,
} from '../encryption/algorithms.ts'
import { cipherRefusal } from '../encryption/cipher-refusal.ts'
import { readHmac, readKeyDerivation } from '../encryption/derive-key.ts'
import type { KdfBudget } from '../encryption/kdf-budget.ts'
import type { PasswordForm } from '../encryption/password-forms.ts'
import { derivePkcs12 } from '../encryption/pkcs12-kdf.ts'

/** Shorter keys let a forger guess the MAC (RFC 9879 section 4). */
const MIN_PBMAC1_KEY_BYTES = 20
const MAX_PBMAC1_KEY_BYTES = 64

/** MacData: mac DigestInfo, macSalt, iterations DEFAULT 1. */
export interface MacData {
  readonly algorithm: AlgorithmIdentifier
  readonly digest: Uint8Array
  readonly salt: Uint8Array
  readonly iterations: number
}

/** @throws {Asn1Error} */
export function readMacData(source: Asn1Element): MacData {
  const [digestInfo, salt, iterations] = source.sequence()
  if (digestInfo === undefined || salt === undefined) throw new Asn1Error('MacData is too short')
  const parts = digestInfo.sequence()
  return {
    algorithm: readAlgorithmIdentifier(element(parts, 0)),
    digest: element(parts, 1).octets(),
    salt: salt.octets(),
    iterations: iterations?.integer() ?? 1,
  }
}

/**
 * Whether the password makes the MAC of `content`. A wrong password and a changed file look alike.
 *
 * @throws {RolesAnywhereError} ERR_KEY_CIPHER_UNSUPPORTED, ERR_KEY_KDF_TOO_COSTLY.
 * @throws {Asn1Error} for PBMAC1 parameters that the RFC says to refuse.
 */
export async function verifyMac(
  mac: MacData,
  content: Uint8Array,
  password: PasswordForm,
  budget: KdfBudget,
): Promise<boolean> {
  const expected =
    mac.algorithm.oid === PBMAC1
      ? await pbmac1(requireParameters(mac.algorithm), content, password, budget)
      : await pkcs12Mac(mac, content, password, budget)
  return expected.length === mac.digest.length && timingSafeEqual(expected, mac.digest)
}

async function pkcs12Mac(
  mac: MacData,
  content: Uint8Array,
  password: PasswordForm,
  budget: KdfBudget,
): Promise<Uint8Array> {
  const hash = HASHES[mac.algorithm.oid]
  if (hash === undefined) throw cipherRefusal(mac.algorithm.oid, 'MAC', budget.file)
  budget.spendIterations(mac.iterations, mac.salt.length)
  const key = await derivePkcs12({
    hash,
    purpose: 'mac',
    password: password.bmp,
    salt: mac.salt,
    iterations: mac.iterations,
    // The key is as long as the digest.
    length: mac.digest.length,
  })
  return createHmac(hash.name, key).update(content).digest()
}

/**
 * PBMAC1-params: keyDerivationFunc, messageAuthScheme. The salt and iterations of MacData itself mean
 * nothing here, and the key length, which PBKDF2 leaves optional, must be given: a file that leaves it
 * out or makes it short could be forged.
 */
async function pbmac1(
  parameters: Asn1Element,
  content: Uint8Array,
  password: PasswordForm,
  budget: KdfBudget,
): Promise<Uint8Array> {
  const parts = parameters.sequence()
  const function_ = readAlgorithmIdentifier(element(parts, 0))
  if (function_.oid !== PBKDF2)
    throw cipherRefusal(function_.oid, 'PBMAC1 key derivation', budget.file)
  const hash = readHmac(readAlgorithmIdentifier(element(parts, 1)), budget.file)
  const derivation = readKeyDerivation(function_, budget)
  const { keyBytes } = derivation
  if (
    keyBytes === undefined ||
    keyBytes < MIN_PBMAC1_KEY_BYTES ||
    keyBytes > MAX_PBMAC1_KEY_BYTES
  ) {
    throw new Asn1Error(`PBMAC1 with a key of ${keyBytes ?? 'unstated'} bytes can be forged`)
  }
  const key = await derivation.derive(password.utf8, keyBytes)
  return createHmac(hash, key).update(content).digest()
}
