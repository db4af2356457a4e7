/**
 * The kinds of keys that can be made, one row each.
 *
 * @see core/algorithms.ts for those that Roles Anywhere takes
 * @module
 */

export type KeyShape =
  | { readonly type: 'rsa'; readonly bits: number }
  /** The curve by its name in RFC 7517 (JWK). */
  | { readonly type: 'ec'; readonly curve: 'P-256' | 'P-384' | 'P-521' }
  | { readonly type: 'ml-dsa-44' | 'ml-dsa-65' | 'ml-dsa-87' }

/** By the name that a user gives them. */
export const KEY_KINDS = {
  'rsa-2048': { type: 'rsa', bits: 2048 },
  'rsa-3072': { type: 'rsa', bits: 3072 },
  'rsa-4096': { type: 'rsa', bits: 4096 },
  'ec-p256': { type: 'ec', curve: 'P-256' },
  'ec-p384': { type: 'ec', curve: 'P-384' },
  'ec-p521': { type: 'ec', curve: 'P-521' },
  'ml-dsa-44': { type: 'ml-dsa-44' },
  'ml-dsa-65': { type: 'ml-dsa-65' },
  'ml-dsa-87': { type: 'ml-dsa-87' },
} as const satisfies Readonly<Record<string, KeyShape>>

export type KeyKind = keyof typeof KEY_KINDS

export function shapeOf(kind: KeyKind): KeyShape {
  return KEY_KINDS[kind]
}
