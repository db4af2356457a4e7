/**
 * From an unsigned request to the bytes a key must sign, and from the signature to the signed request.
 *
 * No signature is made here: the caller takes `stringToSign` to a Signer, whichever key that is.
 *
 * @see IAM Roles Anywhere User Guide, "Signing process for CreateSession"
 * @module
 */

import type { SigningAlgorithm } from './algorithms.ts'
import { amzDate } from './amz-date.ts'
import { canonicalRequest } from './canonical-request.ts'
import { RolesAnywhereError } from './errors.ts'
import type { HttpRequest } from './ports.ts'
import { credentialScope, stringToSign } from './string-to-sign.ts'
import type { SigningScope } from './string-to-sign.ts'

export interface PrepareSignatureOptions extends SigningScope {
  readonly algorithm: Pick<SigningAlgorithm, 'token'>
  /** Decimal. */
  readonly serialNumber: string
}

export interface PreparedSignature {
  readonly canonicalRequest: string
  /** What the signer signs; hashing it is the signer's work. */
  readonly stringToSign: Uint8Array
  /**
   * The request with its Authorization header.
   *
   * @throws {RolesAnywhereError} ERR_KEY_SIGN_FAILED for an empty signature.
   */
  signed(signature: Uint8Array): HttpRequest
}

/**
 * @param request Carries `x-amz-date` for the instant `atMs`.
 * @throws {RolesAnywhereError} ERR_INTERNAL for a header that could not be sent as it is signed, or a
 *   date that is not the scope's.
 */
export function prepareSignature(
  request: HttpRequest,
  options: PrepareSignatureOptions,
): PreparedSignature {
  checkHeaders(request.headers, options.atMs)
  const canonical = canonicalRequest({
    method: request.method,
    path: request.url.pathname,
    query: request.url.search.slice(1),
    headers: Object.entries(request.headers).filter(([name]) => !UNSIGNED_HEADERS.has(name)),
    body: request.body,
  })
  const { token } = options.algorithm
  const credential = `${options.serialNumber}/${credentialScope(options)}`
  return {
    canonicalRequest: canonical.text,
    stringToSign: Buffer.from(stringToSign(token, options, canonical.text)),
    signed(signature) {
      if (signature.length === 0) {
        throw new RolesAnywhereError('ERR_KEY_SIGN_FAILED', 'the key made an empty signature')
      }
      const authorization = [
        `${token} Credential=${credential}`,
        `SignedHeaders=${canonical.signedHeaders}`,
        `Signature=${Buffer.from(signature).toString('hex')}`,
      ].join(', ')
      return { ...request, headers: { ...request.headers, authorization } }
    },
  }
}

/** What the transport or a proxy may add or change after signing, and the signature itself. */
const UNSIGNED_HEADERS: ReadonlySet<string> = new Set([
  'accept-encoding',
  'authorization',
  'connection',
  'expect',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'user-agent',
  'x-amzn-trace-id',
])

function checkHeaders(headers: HttpRequest['headers'], atMs: number): void {
  for (const [name, value] of Object.entries(headers)) {
    // A CR, LF or NUL would start another header; other non-ASCII has no one form on the wire.
    if (!/^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(name) || !/^[\t\x20-\x7e]*$/.test(value)) {
      throw new RolesAnywhereError(
        'ERR_INTERNAL',
        `header ${JSON.stringify(name)} holds characters that cannot be sent`,
      )
    }
  }
  if (headers['x-amz-date'] !== amzDate(atMs)) {
    throw new RolesAnywhereError('ERR_INTERNAL', 'x-amz-date and the credential scope disagree')
  }
}
