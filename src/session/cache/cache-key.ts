/**
 * The name of a cache entry: a digest of everything that decides which credentials AWS would give.
 *
 * @module
 */

import { createHash } from 'node:crypto'

/**
 * 64 hexadecimal digits. Any difference in a part gives another key; parts are not confused with one
 * another, since names, values and absence are all part of what is hashed.
 *
 * @param parts for example the certificate's bytes in Base64, the ARNs, the duration: never a secret.
 */
export function cacheKey(parts: Readonly<Record<string, string | number | undefined>>): string {
  const ordered = Object.entries(parts).sort(([a], [b]) => (a < b ? -1 : 1))
  const text = JSON.stringify(ordered.map(([name, value]) => [name, value ?? null]))
  return createHash('sha256').update(text).digest('hex')
}
