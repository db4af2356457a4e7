/**
 * Ports for identity tests: everything that was reported is kept, and every secret is the test's own.
 *
 * @module
 */

import { RolesAnywhereError } from '../../../src/core/errors.ts'
import { inWords } from '../../../src/core/wording.ts'
import { inspect } from 'node:util'
import { expect } from 'vitest'
import type { Clock, Reporter } from '../../../src/core/ports.ts'
import type { SecretSource } from '../../../src/core/secret-source.ts'
import { SecretMemory } from '../../../src/identity/secret/secret-memory.ts'
import type { SecretPorts } from '../../../src/identity/secret/secret-ports.ts'

/** What asking comes to where nobody answers. */
const NOBODY = new RolesAnywhereError('ERR_CONFIG_SECRET_UNAVAILABLE', 'nobody is here to be asked')

export interface RecordingPorts {
  readonly warnings: string[]
  readonly debugLines: string[]
  readonly questions: string[]
  readonly reporter: Reporter
  readonly clock: Clock
  readonly secrets: SecretPorts
}

export interface RecordingPortsOptions {
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly stdin?: string
  readonly nowMs?: number
  readonly prompt?: (question: string) => Promise<string>
}

/** Default clock: 2026-01-01. */
export function recordingPorts(options: RecordingPortsOptions = {}): RecordingPorts {
  const warnings: string[] = []
  const debugLines: string[] = []
  const questions: string[] = []
  const reporter: Reporter = {
    warn: (message, { hint = '' } = {}) =>
      void warnings.push(`${inWords(message)} (${inWords(hint)})`),
    debug: (step, fields) => void debugLines.push(`${step} ${JSON.stringify(fields)}`),
  }
  return {
    warnings,
    debugLines,
    questions,
    reporter,
    clock: () => options.nowMs ?? Date.UTC(2026, 0, 1),
    secrets: {
      env: options.env ?? {},
      reporter,
      prompt: (question) => {
        questions.push(question)
        return options.prompt?.(question) ?? Promise.reject(NOBODY)
      },
      readStdin: () => Promise.resolve(Buffer.from(options.stdin ?? '')),
      memory: new SecretMemory(),
    },
  }
}

/** A secret source that reads the variable `name`. */
export function fromEnv(name: string): SecretSource {
  return { kind: 'env', argument: name, namedBy: 'keyPassword' }
}

/** The error of a promise that must fail. */
export async function failureOf(promise: Promise<unknown>): Promise<Error> {
  try {
    await promise
  } catch (error) {
    if (error instanceof Error) return error
  }
  return expect.fail('expected a failure')
}

/** What a refusal advises to do. */
export function hintOf(error: unknown): string {
  if (error instanceof RolesAnywhereError && error.hint !== undefined) return error.hint
  return expect.fail('expected an error with a hint')
}

/** Asserts that nothing an error carries, causes and hidden fields included, shows a secret. */
export function expectNoSecrets(subject: unknown, secrets: readonly (string | Uint8Array)[]): void {
  const shown = shownBy(subject).toLowerCase()
  for (const secret of secrets) {
    const bytes = Buffer.from(secret)
    const forms = [
      bytes.toString('latin1'),
      bytes.toString('hex'),
      bytes.toString('base64').replace(/=+$/u, ''),
      bytes.toString('base64url'),
      encodeURIComponent(bytes.toString('latin1')),
      [...bytes].join(', '),
    ]
    for (const form of forms) expect(shown).not.toContain(form.toLowerCase())
  }
}

function shownBy(subject: unknown): string {
  const own = inspect(subject, { depth: 10, showHidden: true, maxStringLength: null })
  if (!(subject instanceof Error)) return own
  const { message, stack = '', cause } = subject
  const fields = JSON.stringify(subject)
  return [own, message, stack, fields, cause === undefined ? '' : shownBy(cause)].join('\n')
}
