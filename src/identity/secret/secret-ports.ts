/**
 * What reading a secret needs of the world, and how it may be read.
 *
 * @module
 */

import type { Reporter } from '../../core/ports.ts'
import type { SecretMemory } from './secret-memory.ts'

/** What reading a secret needs of the world. */
export interface SecretPorts {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly reporter: Reporter
  /** Asks on the terminal device; what is typed is not shown. */
  prompt(question: string): Promise<string>
  /** All of standard input. */
  readStdin(): Promise<Buffer>
  /** Ends a command that is run for a secret. */
  readonly signal?: AbortSignal | undefined
  /** One for the whole invocation. */
  readonly memory: SecretMemory
}

export interface ReadSecretOptions {
  /** Refuse a password file that others may read, instead of warning. Default false. */
  readonly strictPermissions?: boolean | undefined
  /** Default 65,536. */
  readonly maxBytes?: number
  /** Names the secret where the question does not: it may be worded in several ways, or be that for another. */
  readonly subject?: string
}
