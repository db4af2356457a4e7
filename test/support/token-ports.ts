/**
 * The world of a PKCS#11 identity as tests own it: a clock, answers to prompts, and what was said.
 *
 * @module
 */

import type { Pkcs11Ports } from '../../src/identity/pkcs11/token/open-tokens.ts'
import type { ModuleDeadlines } from '../../src/identity/pkcs11/module/host-channel.ts'
import { SecretMemory } from '../../src/identity/secret/secret-memory.ts'
import { RefusedPasswords } from '../../src/identity/secret/refused-passwords.ts'
import { RolesAnywhereError } from '../../src/core/errors.ts'
import { inWords, type Wording } from '../../src/core/wording.ts'

export interface TestPorts extends Pkcs11Ports {
  readonly questions: string[]
  readonly told: string[]
  readonly warnings: string[]
}

export interface TestPortsOptions {
  readonly env: Readonly<Record<string, string>>
  /** Typed one after the other; without any there is no terminal. */
  readonly answers?: readonly string[]
  readonly deadlines?: ModuleDeadlines
  readonly now?: number
}

/** Within the validity of every certificate here, those of openconnect's tokens too. */
export const NOW = Date.parse('2023-01-01T00:00:00Z')

export function testPorts({ env, answers, deadlines, now = NOW }: TestPortsOptions): TestPorts {
  const questions: string[] = []
  const told: string[] = []
  const warnings: string[] = []
  const left = [...(answers ?? [])]
  const reporter = {
    warn: (message: Wording) => void warnings.push(inWords(message)),
    debug: () => undefined,
  }
  return {
    questions,
    told,
    warnings,
    clock: () => now,
    reporter,
    tell: (line) => void told.push(line),
    deadlines,
    refusedPins: new RefusedPasswords(),
    secrets: {
      env: { PATH: process.env['PATH'], HOME: '/nonexistent', ...env },
      reporter,
      readStdin: async () => Promise.resolve(Buffer.alloc(0)),
      memory: new SecretMemory(),
      prompt: async (question) => {
        questions.push(question)
        const answer = left.shift()
        if (answer !== undefined) return Promise.resolve(answer)
        return Promise.reject(
          new RolesAnywhereError('ERR_CONFIG_SECRET_UNAVAILABLE', 'there is no terminal to ask on'),
        )
      },
    },
  }
}
