/**
 * Decrypts what a password protects: the schemes of PKCS#5 (PBES1, PBES2) and of PKCS#12.
 *
 * Node's OpenSSL reads most of PKCS#8, but gives no access to PKCS#12, and refuses RC2 and single DES
 * (they need OpenSSL's legacy provider). DES is Triple-DES with one key three times; RC2 comes from
 * node-forge, loaded only when a file needs it.
 *
 * @see RFC 8018 section 6; RFC 7292 appendix C
 * @module
 */

import { createDecipheriv } from 'node:crypto'
import { Asn1Error, element } from '../../encoding/asn1-element.ts'
import type { AlgorithmIdentifier, ContentCipher, JoinedScheme } from './algorithms.ts'
import {
  JOINED_SCHEMES,
  PBES2,
  PBES2_CIPHERS,
  RC2_CBC,
  RC2_VERSIONS,
  readAlgorithmIdentifier,
  requireParameters,
} from './algorithms.ts'
import { cipherRefusal } from './cipher-refusal.ts'
import { readKeyDerivation } from './derive-key.ts'
import { iterateHash } from './iterated-hash.ts'
import type { KdfBudget } from './kdf-budget.ts'
import type { PasswordForm } from './password-forms.ts'
import { derivePkcs12 } from './pkcs12-kdf.ts'

/** The padding of the last block is wrong: another password, or damaged data. */
export class DecryptionFailed extends Error {
  override readonly name = 'DecryptionFailed'
}

/** An encryption whose parameters are read and whose cost is charged; only the password is missing. */
export interface Decryption {
  /**
   * The plain bytes.
   *
   * @throws {DecryptionFailed} most often for a wrong password; one in 256 of those yields garbage.
   * @throws {Asn1Error} when it is no whole number of blocks.
   */
  decrypt(encrypted: Uint8Array, password: PasswordForm): Promise<Uint8Array>
}

/**
 * Reads an encryption algorithm and charges what opening it will cost.
 *
 * @throws {RolesAnywhereError} ERR_KEY_CIPHER_UNSUPPORTED, ERR_KEY_KDF_TOO_COSTLY.
 * @throws {Asn1Error} when the parameters do not parse.
 */
export function prepareDecryption(algorithm: AlgorithmIdentifier, budget: KdfBudget): Decryption {
  if (algorithm.oid === PBES2) return preparePbes2(algorithm, budget)
  const scheme = JOINED_SCHEMES[algorithm.oid]
  if (scheme === undefined) throw cipherRefusal(algorithm.oid, 'cipher', budget.file)
  return prepareJoined(scheme, algorithm, budget)
}

/** PBES2-params: keyDerivationFunc, encryptionScheme. */
function preparePbes2(algorithm: AlgorithmIdentifier, budget: KdfBudget): Decryption {
  const parameters = requireParameters(algorithm).sequence()
  const scheme = readAlgorithmIdentifier(element(parameters, 1))
  const { content, iv } = readEncryptionScheme(scheme, budget.file)
  const derivation = readKeyDerivation(readAlgorithmIdentifier(element(parameters, 0)), budget)
  if (derivation.keyBytes !== undefined && derivation.keyBytes !== content.keyBytes) {
    throw new Asn1Error(`the key length ${derivation.keyBytes} does not suit ${content.cipher}`)
  }
  return {
    async decrypt(encrypted, password) {
      const key = await derivation.derive(password.utf8, content.keyBytes)
      return decrypt(content, { key, iv }, encrypted)
    },
  }
}

function readEncryptionScheme(
  scheme: AlgorithmIdentifier,
  file: string,
): { content: ContentCipher; iv: Uint8Array } {
  if (scheme.oid === RC2_CBC) {
    const parameters = requireParameters(scheme).sequence()
    const version = element(parameters, 0).integer()
    const content = RC2_VERSIONS[version]
    if (content === undefined) throw new Asn1Error(`RC2 parameter version ${version} is unknown`)
    return { content, iv: checkIv(element(parameters, 1).octets(), content) }
  }
  const content = PBES2_CIPHERS[scheme.oid]
  if (content === undefined) throw cipherRefusal(scheme.oid, 'cipher', file)
  return { content, iv: checkIv(requireParameters(scheme).octets(), content) }
}

/** All ciphers are CBC: the IV is as long as a block. */
function checkIv(iv: Uint8Array, { blockBytes }: ContentCipher): Uint8Array {
  if (iv.length === blockBytes) return iv
  throw new Asn1Error(`an initialisation vector has ${iv.length} bytes`)
}

/** PBEParameter and pkcs-12PbeParams alike: salt, iterations. */
function prepareJoined(
  { derivation, hash, content }: JoinedScheme,
  algorithm: AlgorithmIdentifier,
  budget: KdfBudget,
): Decryption {
  const parameters = requireParameters(algorithm).sequence()
  const salt = element(parameters, 0).octets()
  const iterations = element(parameters, 1).integer()
  budget.spendIterations(iterations, salt.length)
  if (derivation === 'pbkdf1') {
    return {
      async decrypt(encrypted, { utf8 }) {
        const derived = await iterateHash(hash, Buffer.concat([utf8, salt]), iterations)
        return decrypt(content, { key: derived.slice(0, 8), iv: derived.slice(8, 16) }, encrypted)
      },
    }
  }
  // The IV costs the iterations again.
  budget.spendIterations(iterations, salt.length)
  return {
    async decrypt(encrypted, { bmp: password }) {
      const options = { hash: { name: hash, blockBytes: 64 }, password, salt, iterations }
      const key = await derivePkcs12({ ...options, purpose: 'key', length: content.keyBytes })
      const iv = await derivePkcs12({ ...options, purpose: 'iv', length: 8 })
      return decrypt(content, { key, iv }, encrypted)
    },
  }
}

async function decrypt(
  content: ContentCipher,
  { key, iv }: { readonly key: Uint8Array; readonly iv: Uint8Array },
  encrypted: Uint8Array,
): Promise<Uint8Array> {
  if (encrypted.length === 0 || encrypted.length % iv.length !== 0) {
    throw new Asn1Error('what is encrypted is no whole number of blocks')
  }
  if (content.cipher === 'rc2') {
    return decryptRc2(key, content.effectiveKeyBits ?? key.length * 8, iv, encrypted)
  }
  const cipher = content.cipher === 'des-cbc' ? 'des-ede3-cbc' : content.cipher
  const decipher = createDecipheriv(cipher, tripleDesKey(content, key), iv)
  const head = decipher.update(encrypted)
  try {
    return Buffer.concat([head, decipher.final()])
  } catch (cause) {
    throw new DecryptionFailed('the padding is wrong', { cause })
  }
}

/** Three keys K1 K2 K3 from one (single DES) or two (two-key Triple-DES); other keys as they are. */
function tripleDesKey({ cipher }: ContentCipher, key: Uint8Array): Uint8Array {
  if (cipher === 'des-cbc') return Buffer.concat([key, key, key])
  if (cipher === 'des-ede3-cbc' && key.length === 16) {
    return Buffer.concat([key, key.subarray(0, 8)])
  }
  return key
}

async function decryptRc2(
  key: Uint8Array,
  effectiveKeyBits: number,
  iv: Uint8Array,
  encrypted: Uint8Array,
): Promise<Uint8Array> {
  const [{ default: rc2 }, { default: util }] = await Promise.all([
    import('node-forge/lib/rc2.js'),
    import('node-forge/lib/util.js'),
  ])
  const cipher = rc2.createDecryptionCipher(Buffer.from(key).toString('latin1'), effectiveKeyBits)
  cipher.start(Buffer.from(iv).toString('latin1'))
  cipher.update(util.createBuffer(Buffer.from(encrypted).toString('latin1')))
  if (!cipher.finish()) throw new DecryptionFailed('the padding is wrong')
  return Buffer.from(cipher.output.getBytes(), 'latin1')
}
