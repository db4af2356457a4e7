/**
 * Every way the emulator says no: status, error type and text as the service gives them.
 *
 * A refusal carries two texts. `message` is what the client gets: the service's own words where
 * someone has recorded them, and those are vague on purpose. `reason` is exact, and goes to the person
 * who runs the emulator.
 *
 * @see protocol: "Errors" of CreateSession in the IAM Roles Anywhere User Guide
 * @module
 */

export interface RefusalAnswer {
  readonly status: number
  /** Value of the `x-amzn-errortype` header. */
  readonly type: string
  /** Absent where the text depends on the request: then the reason is also the message. */
  readonly message?: string
}

const DENIED = { status: 403, type: 'AccessDeniedException' } as const

export const REFUSALS = {
  // Texts that people have received from the service.
  'untrusted-certificate': { ...DENIED, message: 'Untrusted signing certificate' },
  'insufficient-certificate': {
    ...DENIED,
    message: 'Untrusted certificate. Insufficient certificate',
  },
  'certificate-revoked': { ...DENIED, message: 'Certificate revoked' },
  'invalid-signature': { ...DENIED, message: 'Invalid signature' },
  'session-name-not-allowed': { ...DENIED, message: 'Not authorized to set roleSessionName.' },
  'duration-exceeds-role': DENIED,
  'role-not-allowed': DENIED,
  validation: { status: 400, type: 'ValidationException' },

  // No recording is known of these answers of the service: the words are ours, or those that AWS
  // uses for SigV4 elsewhere.
  'certificate-expired': { ...DENIED, message: 'Certificate expired' },
  'certificate-not-yet-valid': { ...DENIED, message: 'Certificate not yet valid' },
  'certificate-malformed': { ...DENIED, message: 'Malformed certificate' },
  'chain-malformed': { ...DENIED, message: 'Malformed certificate chain' },
  'chain-too-long': { ...DENIED, message: 'Too many certificates in chain' },
  'authorization-missing': { ...DENIED, message: 'Missing Authentication Token' },
  'authorization-malformed': DENIED,
  'header-not-signed': DENIED,
  'date-malformed': DENIED,
  'clock-skew': DENIED,
  'scope-mismatch': DENIED,
  'serial-mismatch': {
    ...DENIED,
    message: 'Credential does not match the serial number of the signing certificate',
  },
  'algorithm-mismatch': {
    ...DENIED,
    message: 'Signing algorithm does not match the key of the signing certificate',
  },
  // The type and status are documented, the words are ours.
  'resource-not-found': { status: 404, type: 'ResourceNotFoundException' },
  'resource-disabled': DENIED,
  'unknown-operation': { status: 404, type: 'UnknownOperationException' },
} as const satisfies Record<string, RefusalAnswer>

export type RefusalKind = keyof typeof REFUSALS

/** Thrown by the checks, and turned into an answer in one place. */
export class Refusal extends Error {
  readonly kind: RefusalKind
  readonly status: number
  readonly type: string
  /** What exactly was wrong; never secret. */
  readonly reason: string

  /** @param message Of the service, where it depends on the request and is not the reason. */
  constructor(kind: RefusalKind, reason: string, message?: string) {
    const answer: RefusalAnswer = REFUSALS[kind]
    super(answer.message ?? message ?? reason)
    this.name = 'Refusal'
    this.kind = kind
    this.status = answer.status
    this.type = answer.type
    this.reason = reason
  }
}
