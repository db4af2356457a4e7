/**
 * A stage for tests of the executable: a folder, an authority, and emulators that trust it.
 *
 * Emulators run in this process, so that a test can ask them what they saw; they speak plain http
 * unless asked for TLS, because that is not what most tests are about.
 *
 * @module
 */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startEmulator, type Emulator, type EmulatorOptions } from '../../src/emulator/emulator.ts'
import { parseFault } from '../../src/emulator/faults.ts'
import {
  createAuthority,
  type Authority,
  type CertificateOptions,
  type IssuedCertificate,
} from '../../src/emulator/throwaway-pki.ts'
import { PROFILE_ARN, ROLE_ARN, TRUST_ANCHOR_ARN } from './pki-request.ts'
import type { CliResult } from './run-cli.ts'

export const ARN_FLAGS: readonly string[] = [
  ...['--trust-anchor-arn', TRUST_ANCHOR_ARN],
  ...['--profile-arn', PROFILE_ARN],
  ...['--role-arn', ROLE_ARN],
]

/** A command line with `--flag value` in place of what it has for that flag: none may come twice. */
export function replacing(args: readonly string[], ...flags: readonly string[]): string[] {
  const given = flags.filter((_word, index) => index % 2 === 0)
  const kept = args.filter(
    (word, index) => !given.includes(word) && !given.includes(args[index - 1] ?? ''),
  )
  return [...kept, ...flags]
}

export interface StagedIdentity extends IssuedCertificate {
  readonly certificatePath: string
  readonly privateKeyPath: string
  /** `--certificate … --private-key …` */
  readonly flags: readonly string[]
}

export type StagedEmulatorOptions = Partial<Omit<EmulatorOptions, 'faults'>> & {
  /** As on the command line: `status=503:x2`. */
  readonly faults?: readonly string[]
}

export interface Stage extends AsyncDisposable {
  readonly folder: string
  readonly authority: Authority
  /** Writes a file that only we may read, and gives its path. */
  write(name: string, content: string | Uint8Array, mode?: number): string
  /** Writes a certificate and its key, `NAME.pem` and `NAME.key`. */
  place(name: string, issued: IssuedCertificate): StagedIdentity
  /** Issues under the authority, and writes what it issued. */
  issue(name: string, options?: CertificateOptions): Promise<StagedIdentity>
  emulate(options?: StagedEmulatorOptions): Promise<Emulator>
}

export async function openStage(): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), 'rolesanywhere-test-'))
  const authority = await createAuthority()
  const emulators: Emulator[] = []
  const write: Stage['write'] = (name, content, mode = 0o600) => {
    const path = join(folder, name)
    writeFileSync(path, content, { mode })
    return path
  }
  const place: Stage['place'] = (name, issued) => {
    const certificatePath = write(`${name}.pem`, issued.certificatePem)
    const privateKeyPath = write(`${name}.key`, issued.privateKeyPem)
    const flags = ['--certificate', certificatePath, '--private-key', privateKeyPath]
    return { ...issued, certificatePath, privateKeyPath, flags }
  }
  return {
    folder,
    authority,
    write,
    place,
    issue: async (name, options) => place(name, await authority.issue(options)),
    async emulate({ faults = [], ...options } = {}) {
      const emulator = await startEmulator({
        trustAnchors: authority.certificatePem,
        clock: Date.now,
        faults: faults.map(parseFault),
        ...options,
      })
      emulators.push(emulator)
      return emulator
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(emulators.map(async (emulator) => emulator.close()))
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** What `credential-process` printed; anything but one JSON object on one line fails the test. */
export function credentialsIn({ exitCode, stdout, stderr }: CliResult): Record<string, unknown> {
  const text = stdout.toString('utf8')
  if (exitCode !== 0 || !/^\{[^\n]*\}\n$/u.test(text)) {
    throw new Error(`exit code ${String(exitCode)}, not one JSON object: ${stderr}`)
  }
  return JSON.parse(text) as Record<string, unknown>
}
