/**
 * Temporary credentials as a value that does not show its secrets by accident.
 *
 * @module
 */

export interface SessionCredentialsFields {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken: string
  /** Milliseconds since the epoch, whole seconds. */
  readonly expiresAt: number
  /** From the role's ARN. */
  readonly accountId: string
  readonly roleArn: string
}

/**
 * The credentials of one session. `inspect`, `JSON.stringify` and string conversion show no secret;
 * the accessors do, so a grep for `.secretAccessKey` finds every place that hands one on.
 */
export class SessionCredentials {
  readonly #secretAccessKey: string
  readonly #sessionToken: string
  readonly accessKeyId: string
  readonly expiresAt: number
  readonly accountId: string
  readonly roleArn: string

  constructor(fields: SessionCredentialsFields) {
    this.accessKeyId = fields.accessKeyId
    this.#secretAccessKey = fields.secretAccessKey
    this.#sessionToken = fields.sessionToken
    this.expiresAt = fields.expiresAt
    this.accountId = fields.accountId
    this.roleArn = fields.roleArn
  }

  get secretAccessKey(): string {
    return this.#secretAccessKey
  }

  get sessionToken(): string {
    return this.#sessionToken
  }

  /** Expiry as `YYYY-MM-DDTHH:MM:SSZ`, the one form that every SDK parses. */
  get expiration(): string {
    return `${new Date(this.expiresAt).toISOString().slice(0, 19)}Z`
  }
}
