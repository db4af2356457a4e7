/**
 * A bound on what opening one file may cost, checked before the cost is spent.
 *
 * Key derivation is slow on purpose, and the file says how slow: without a bound a hostile file stops
 * the process for hours. The limits leave room for every honest file seen (600,000 to 1,000,000
 * iterations are common, and a file holds a handful of encrypted parts).
 *
 * @see RFC 8018 section 4.2, RFC 7914 section 2
 * @module
 */

import { RolesAnywhereError } from '../../../core/errors.ts'
import { Asn1Error } from '../../encoding/asn1-element.ts'

/** Iterations of one derivation. */
export const MAX_ITERATIONS = 10_000_000
/** Iterations of all derivations for one file together. */
export const MAX_TOTAL_ITERATIONS = 30_000_000
/** Memory that one scrypt derivation goes through, in p lanes one after the other: 128 * N * r * p. */
export const MAX_SCRYPT_BYTES = 256 * 1024 * 1024
export const MAX_SCRYPT_PARALLELIZATION = 16
export const MAX_SALT_BYTES = 1024
/** scrypt derivations in one file: each may cost about a second. */
const MAX_SCRYPT_RUNS = 8

export interface ScryptCost {
  readonly costN: number
  readonly blockSizeR: number
  readonly parallelizationP: number
}

/**
 * What is left to spend on one file.
 *
 * @example
 * const budget = new KdfBudget('client.p12')
 * budget.spendIterations(600_000, salt.length)
 */
export class KdfBudget {
  /** The file's name, for messages. */
  readonly file: string
  #iterations = 0
  #scryptRuns = 0

  constructor(file: string) {
    this.file = file
  }

  /**
   * @throws {RolesAnywhereError} ERR_KEY_KDF_TOO_COSTLY.
   * @throws {Asn1Error} for impossible parameters; so does `spendScrypt`.
   */
  spendIterations(iterations: number, saltBytes: number): void {
    this.#checkSalt(saltBytes)
    if (iterations < 1) throw new Asn1Error('there are no iterations')
    if (iterations > MAX_ITERATIONS) {
      throw this.#tooCostly(`${iterations} iterations`, `${MAX_ITERATIONS}`)
    }
    this.#iterations += iterations
    if (this.#iterations > MAX_TOTAL_ITERATIONS) {
      throw this.#tooCostly('too many derivations', `${MAX_TOTAL_ITERATIONS} iterations in all`)
    }
  }

  /** @throws {RolesAnywhereError} ERR_KEY_KDF_TOO_COSTLY. */
  spendScrypt({ costN, blockSizeR, parallelizationP }: ScryptCost, saltBytes: number): void {
    this.#checkSalt(saltBytes)
    const bytes = 128 * costN * blockSizeR * parallelizationP
    if (bytes > MAX_SCRYPT_BYTES || parallelizationP > MAX_SCRYPT_PARALLELIZATION) {
      throw this.#tooCostly(
        `scrypt with N=${costN} r=${blockSizeR} p=${parallelizationP}`,
        `128*N*r*p = ${MAX_SCRYPT_BYTES} bytes and p = ${MAX_SCRYPT_PARALLELIZATION}`,
      )
    }
    if (
      costN < 2 ||
      !Number.isInteger(Math.log2(costN)) ||
      // RFC 7914 section 2: N is less than 2^(128*r/8).
      Math.log2(costN) >= 16 * blockSizeR ||
      blockSizeR < 1 ||
      parallelizationP < 1
    ) {
      throw new Asn1Error('the parameters of scrypt are impossible')
    }
    this.#scryptRuns += 1
    if (this.#scryptRuns > MAX_SCRYPT_RUNS) {
      throw this.#tooCostly('too many scrypt derivations', `${MAX_SCRYPT_RUNS} in all`)
    }
  }

  #checkSalt(saltBytes: number): void {
    if (saltBytes > MAX_SALT_BYTES) {
      throw this.#tooCostly(`a salt of ${saltBytes} bytes`, `${MAX_SALT_BYTES} bytes`)
    }
  }

  #tooCostly(asked: string, limit: string): RolesAnywhereError {
    return new RolesAnywhereError(
      'ERR_KEY_KDF_TOO_COSTLY',
      `"${this.file}" asks for a key derivation outside the limits: ${asked}`,
      {
        hint: `the limit is ${limit}; encrypt the key again, for example with "openssl pkcs8 -topk8 -iter 600000"`,
      },
    )
  }
}
