/**
 * String to sign and credential scope of SigV4, for any algorithm word: what is done with the text
 * (a signature by the certificate's key) happens elsewhere.
 *
 * @see IAM Roles Anywhere User Guide, "Signing process for CreateSession", Task 2
 * @module
 */

import { hash } from 'node:crypto'
import { amzDate } from './amz-date.ts'

export interface SigningScope {
  readonly region: string
  /** `rolesanywhere` for CreateSession. */
  readonly service: string
  /** Milliseconds since the epoch. */
  readonly atMs: number
}

/** `YYYYMMDD/region/service/aws4_request`. */
export function credentialScope({ atMs, region, service }: SigningScope): string {
  return `${amzDate(atMs).slice(0, 8)}/${region}/${service}/aws4_request`
}

/** Four lines without a final line break. */
export function stringToSign(
  algorithm: string,
  scope: SigningScope,
  canonicalRequest: string,
): string {
  return [
    algorithm,
    amzDate(scope.atMs),
    credentialScope(scope),
    hash('sha256', canonicalRequest, 'hex'),
  ].join('\n')
}
