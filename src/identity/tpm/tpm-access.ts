/**
 * How TPM keys are reached and unlocked: what settings say about it.
 *
 * @module
 */

import type { RefusedPasswords } from '../secret/refused-passwords.ts'

export interface TpmAccess {
  /** A device, the path of a Unix socket, or `HOST:PORT`. Default `/dev/tpmrm0`. */
  readonly device?: string | undefined
  /** The key's password. Default: that of key files. */
  readonly password?: (() => Promise<string>) | undefined
  /** The key has no password, whatever its file says. */
  readonly noPassword?: boolean | undefined
  /** Ends the wait for a TPM that is silent while the key is looked at. */
  readonly signal?: AbortSignal | undefined
  /** Default: what this process has learned so far. */
  readonly refusedPasswords?: RefusedPasswords | undefined
}
