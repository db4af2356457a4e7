/**
 * The table beside the vectors: what each key, PKCS#12 and certificate file is, and what is to become
 * of it.
 *
 * @module
 */

import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { ErrorCode } from '../../src/core/errors.ts'
import { VECTORS } from './vectors.ts'

export interface Row {
  readonly file: string
  readonly kind: 'key' | 'cert' | 'p12'
  readonly password: string | null
  readonly keyType: string | null
  readonly verdict: string
  readonly reason: string | null
  readonly base64: boolean
  readonly serialDecimal?: string | null
}

export function rowsOf(kind: Row['kind']): readonly Row[] {
  const rows = JSON.parse(readFileSync(new URL('expected.json', VECTORS), 'utf8')) as Row[]
  return rows.filter((row) => row.kind === kind)
}

export function pathOf({ file }: Row): string {
  return fileURLToPath(new URL(file, VECTORS))
}

/** Verdicts that mean that the file opens and signs. */
export const ACCEPTED: readonly string[] = ['accept', 'parse-but-weak']

/** "Read it, or refuse naming the cipher": none of these ciphers is refused here. */
export const LEGACY_CIPHER = 'accept-if-legacy-cipher-implemented'

export const REFUSALS: Readonly<Record<string, readonly ErrorCode[]>> = {
  'refuse-key-type': ['ERR_KEY_UNSUPPORTED'],
  'refuse-malformed': [
    'ERR_KEY_MALFORMED',
    'ERR_CONFIG_PEM_INVALID',
    'ERR_CONFIG_CERTIFICATE_INVALID',
    'ERR_CONFIG_CERTIFICATE_MISSING',
  ],
  'refuse-inconsistent': ['ERR_KEY_INCONSISTENT'],
  'refuse-unsupported-cipher': ['ERR_KEY_CIPHER_UNSUPPORTED'],
  // A MAC that does not fit looks like a wrong password; one that may not be used is malformed.
  'refuse-mac': ['ERR_KEY_PASSWORD_INCORRECT', 'ERR_KEY_MALFORMED'],
  'refuse-no-key': ['ERR_KEY_MISSING'],
  'refuse-no-cert': ['ERR_CONFIG_CERTIFICATE_MISSING'],
}
