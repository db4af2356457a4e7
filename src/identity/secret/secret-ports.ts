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
  /**
   * Asks a person; what is typed is not shown.
   *
   * @param problem - what was wrong with the last answer, where a window shows it
   * @throws {RolesAnywhereError} ERR_CONFIG_SECRET_UNAVAILABLE, which does not repeat the question;
   *   ERR_CANCELLED.
   */
  prompt(question: string, problem?: string): Promise<string>
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
  /** What was wrong with the last answer of a person, who is asked again. */
  readonly problem?: string | undefined
  /** Names the secret where the question does not: it may be worded in several ways, or be that for another. */
  readonly subject?: string
}
