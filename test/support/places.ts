/**
 * Places of certificates and keys as users write them, for tests of the code that takes them parsed.
 *
 * @module
 */

import {
  parseCertificateLocation,
  parseContentLocation,
  parseKeyLocation,
  type CertificateLocation,
  type ContentLocation,
  type KeyLocation,
} from '../../src/core/key-location.ts'

export interface WrittenPlaces {
  readonly certificate?: string | undefined
  readonly privateKey?: string | undefined
  readonly intermediates?: string | undefined
}

/** Options with their places as text. */
export type Written<T> = Omit<T, keyof WrittenPlaces> & WrittenPlaces

type Parsed<T, Places> = Omit<T, keyof WrittenPlaces> & {
  readonly [K in keyof T & keyof Places]: Places[K]
}

/** Of a token, or of files. */
export function placed<T extends WrittenPlaces>(
  options: T,
): Parsed<
  T,
  { certificate: CertificateLocation; privateKey: KeyLocation; intermediates: ContentLocation }
> {
  const { certificate, privateKey, intermediates } = options
  return {
    ...options,
    ...(certificate !== undefined && {
      certificate: parseCertificateLocation(certificate, 'certificate'),
    }),
    ...(privateKey !== undefined && { privateKey: parseKeyLocation(privateKey, 'privateKey') }),
    ...(intermediates !== undefined && {
      intermediates: parseContentLocation(intermediates, 'intermediates'),
    }),
  } as never
}

/** Of files, or of secret sources such as `env:NAME`. */
export function inFiles<T extends WrittenPlaces>(
  options: T,
): Parsed<
  T,
  { certificate: ContentLocation; privateKey: ContentLocation; intermediates: ContentLocation }
> {
  return placed(options) as never
}
