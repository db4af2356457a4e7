/**
 * The errors of STS, in its words where they are known.
 *
 * @see AWS STS API Reference, "Common errors" and "AssumeRole"
 * @module
 */

export class StsError extends Error {
  readonly status: number
  readonly code: string

  constructor(status: number, code: string, message: string) {
    super(message)
    this.name = 'StsError'
    this.status = status
    this.code = code
  }
}

export const invalidToken = (): StsError =>
  new StsError(
    403,
    'InvalidClientTokenId',
    'The security token included in the request is invalid.',
  )

export const expiredToken = (): StsError =>
  new StsError(403, 'ExpiredToken', 'The security token included in the request is expired')

export const badSignature = (detail: string): StsError =>
  new StsError(403, 'SignatureDoesNotMatch', detail)

export const incompleteSignature = (detail: string): StsError =>
  new StsError(400, 'IncompleteSignature', detail)

export const validation = (detail: string): StsError => new StsError(400, 'ValidationError', detail)

export const notAuthorized = (caller: string, action: string, resource: string): StsError =>
  new StsError(
    403,
    'AccessDenied',
    `User: ${caller} is not authorized to perform: ${action} on resource: ${resource}`,
  )
