/**
 * PBKDF2 and scrypt as a file describes them: parameters read and priced, then the key derived.
 *
 * @see RFC 8018 section 5.2 and appendix A.2; RFC 7914 section 7
 * @module
 */

import { pbkdf2, scrypt } from 'node:crypto'
import { promisify } from 'node:util'
import type { Asn1Element } from '../../encoding/asn1-element.ts'
import { Asn1Error, element } from '../../encoding/asn1-element.ts'
import type { AlgorithmIdentifier } from './algorithms.ts'
import { HMACS, PBKDF2, SCRYPT, readAlgorithmIdentifier, requireParameters } from './algorithms.ts'
import { cipherRefusal } from './cipher-refusal.ts'
import type { KdfBudget } from './kdf-budget.ts'

export interface KeyDerivation {
  /** What the file says; undefined when it leaves the length to the cipher. */
  readonly keyBytes: number | undefined
  derive(password: Uint8Array, keyBytes: number): Promise<Uint8Array>
}

/**
 * Reads a key derivation function's AlgorithmIdentifier and charges its cost.
 *
 * @throws {RolesAnywhereError} ERR_KEY_KDF_TOO_COSTLY, ERR_KEY_CIPHER_UNSUPPORTED.
 * @throws {Asn1Error}
 */
export function readKeyDerivation(
  algorithm: AlgorithmIdentifier,
  budget: KdfBudget,
): KeyDerivation {
  switch (algorithm.oid) {
    case PBKDF2:
      return readPbkdf2(requireParameters(algorithm), budget)
    case SCRYPT:
      return readScrypt(requireParameters(algorithm), budget)
    default:
      throw cipherRefusal(algorithm.oid, 'key derivation', budget.file)
  }
}

/** PBKDF2-params: salt, iterationCount, keyLength OPTIONAL, prf DEFAULT hmacWithSHA1. */
function readPbkdf2(parameters: Asn1Element, budget: KdfBudget): KeyDerivation {
  const elements = parameters.sequence()
  const salt = element(elements, 0).octets()
  const iterations = element(elements, 1).integer()
  const rest = elements.slice(2)
  const keyBytes = rest[0]?.isInteger() === true ? rest.shift()?.integer() : undefined
  const prf = rest.shift()
  if (rest.length > 0) throw new Asn1Error('PBKDF2 parameters have too many elements')
  const hash = prf === undefined ? 'sha1' : readHmac(readAlgorithmIdentifier(prf), budget.file)
  budget.spendIterations(iterations, salt.length)
  return {
    keyBytes,
    derive: (password, length) => derivePbkdf2(password, salt, iterations, length, hash),
  }
}

/** scrypt-params: salt, N, r, p, keyLength OPTIONAL. */
function readScrypt(parameters: Asn1Element, budget: KdfBudget): KeyDerivation {
  const elements = parameters.sequence()
  const salt = element(elements, 0).octets()
  const cost = {
    costN: element(elements, 1).integer(),
    blockSizeR: element(elements, 2).integer(),
    parallelizationP: element(elements, 3).integer(),
  }
  budget.spendScrypt(cost, salt.length)
  const { costN: N, blockSizeR: r, parallelizationP: p } = cost
  return {
    keyBytes: elements[4]?.integer(),
    derive: (password, length) =>
      // OpenSSL counts some buffers besides 128*N*r, so the limit is twice that.
      deriveScrypt(password, salt, length, { N, r, p, maxmem: 2 * 128 * r * (N + p) }),
  }
}

/** The hash of an HMAC's AlgorithmIdentifier; its NULL parameters may be absent. */
export function readHmac(algorithm: AlgorithmIdentifier, file: string): string {
  const hash = HMACS[algorithm.oid]
  if (hash === undefined) throw cipherRefusal(algorithm.oid, 'HMAC', file)
  return hash
}

const derivePbkdf2 = promisify(pbkdf2)
const deriveScrypt = promisify<
  Uint8Array,
  Uint8Array,
  number,
  { N: number; r: number; p: number; maxmem: number },
  Uint8Array
>(scrypt)
