/**
 * Whether an opened private key is one that can sign CreateSession: its kind, its numbers, its size.
 *
 * AWS answers a signature that does not verify with a bare 403, so what can be known here is said here.
 *
 * @see protocol-facts.md 3.1 and 10.1; reliability.md T25
 * @module
 */

import { createHash, createPublicKey, sign, type KeyObject } from 'node:crypto'
import { signingAlgorithmOf } from '../../core/algorithms.ts'
import { RolesAnywhereError } from '../../core/errors.ts'
import type { Reporter } from '../../core/ports.ts'
import { isSignatureOf, keyInput } from '../node-signature.ts'

/** FIPS 186-5 appendix A.1.1 allows no larger one; a huge one makes each verification take seconds. */
const MAX_RSA_EXPONENT = 2n ** 256n

/** Smaller moduli are within reach of attackers, and AWS may refuse them. */
const MIN_SAFE_RSA_BITS = 2048

/**
 * The public half of a key that passed every check.
 *
 * @throws {RolesAnywhereError} ERR_KEY_UNSUPPORTED, ERR_KEY_INCONSISTENT.
 */
export function checkKey(privateKey: KeyObject, name: string): KeyObject {
  checkKeyType(privateKey, name)
  const publicKey = createPublicKey(privateKey)
  if (!signsWhatItVerifies(privateKey, publicKey)) {
    throw new RolesAnywhereError(
      'ERR_KEY_INCONSISTENT',
      `the numbers of the private key in "${name}" disagree: its signatures do not verify`,
      {
        hint: 'the file is damaged or was edited: take the key from its backup, or issue a new one',
      },
    )
  }
  return publicKey
}

/** Warns about a key that works and is too small to trust. */
export function warnIfWeak(key: KeyObject, name: string, reporter: Reporter): void {
  const bits = key.asymmetricKeyDetails?.modulusLength
  if (bits === undefined || bits >= MIN_SAFE_RSA_BITS) return
  reporter.warn(`the RSA key in "${name}" has only ${bits} bits`, {
    hint: `issue a certificate with an EC key or an RSA key of ${MIN_SAFE_RSA_BITS} bits or more`,
  })
}

/** SHA-256 over the SubjectPublicKeyInfo, in hex: the same for a key and for its certificate. */
export function publicKeyFingerprint(publicKey: KeyObject): string {
  const spki = publicKey.export({ format: 'der', type: 'spki' })
  return createHash('sha256').update(spki).digest('hex')
}

function checkKeyType(key: KeyObject, name: string): void {
  try {
    signingAlgorithmOf(key)
  } catch (error) {
    if (!(error instanceof RolesAnywhereError)) throw error
    throw new RolesAnywhereError(error.code, `"${name}": ${error.message}`, { hint: error.hint })
  }
  if ((key.asymmetricKeyDetails?.publicExponent ?? 0n) >= MAX_RSA_EXPONENT) {
    throw new RolesAnywhereError(
      'ERR_KEY_UNSUPPORTED',
      `"${name}": the public exponent of the RSA key has more than 256 bits`,
      { hint: 'issue a certificate for another key: 65537 is the usual exponent' },
    )
  }
}

/** Node imports keys whose halves are not a pair; only using them shows it. */
function signsWhatItVerifies(privateKey: KeyObject, publicKey: KeyObject): boolean {
  const algorithm = signingAlgorithmOf(privateKey)
  try {
    const input = keyInput(algorithm, privateKey)
    const signature = sign(algorithm.hash, SELF_TEST_MESSAGE, input)
    return isSignatureOf(signature, SELF_TEST_MESSAGE, { algorithm, publicKey })
  } catch {
    return false
  }
}

const SELF_TEST_MESSAGE = Buffer.from('rolesanywhere: is this key whole?')
