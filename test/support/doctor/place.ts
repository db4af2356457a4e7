/**
 * A machine for one set-up of the doctor's tests: a home folder with AWS files, certificates and keys, and
 * an emulator.
 *
 * @module
 */

import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { CertificateOptions } from '../../../src/emulator/throwaway-pki.ts'
import type { Stage, StagedIdentity } from '../cli-stage.ts'
import { runCli, type CliOptions } from '../run-cli.ts'

/** An account that no documentation uses. */
const ACCOUNT = '900000000001'
export const TRUST_ANCHOR = `arn:aws:rolesanywhere:eu-central-1:${ACCOUNT}:trust-anchor/8a5c1c4e-2f5e-4a6b-9c2d-0e1f2a3b4c5d`
export const PROFILE = `arn:aws:rolesanywhere:eu-central-1:${ACCOUNT}:profile/1b2c3d4e-5f60-4718-8293-a4b5c6d7e8f9`
export const ROLE = `arn:aws:iam::${ACCOUNT}:role/backup`

export const ARNS: readonly string[] = [
  ...['--trust-anchor-arn', TRUST_ANCHOR],
  ...['--profile-arn', PROFILE],
  ...['--role-arn', ROLE],
]

/** The same as keys of a profile. */
export const ARN_KEYS = `rolesanywhere_trust_anchor_arn = ${TRUST_ANCHOR}
rolesanywhere_profile_arn = ${PROFILE}
rolesanywhere_role_arn = ${ROLE}
`

/** How the doctor is started. */
export interface Visit {
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
}

export interface SetUp {
  readonly what: string
  /** Row of the list of what users complain about that this is. */
  readonly pain?: number
  /** The check that must find it. */
  readonly id: string
  readonly status: 'problem' | 'warning'
  /** Found in what the check says, or in what to do next. */
  readonly says?: RegExp
  readonly prepare: (place: Place) => Promise<Visit> | Visit
}

export type GoodSetUp = Pick<SetUp, 'what' | 'prepare'>

export class Place {
  readonly stage: Stage
  readonly folder: string

  constructor(stage: Stage, name: string) {
    this.stage = stage
    this.folder = join(stage.folder, name)
    mkdirSync(join(this.folder, '.aws'), { recursive: true, mode: 0o700 })
  }

  write(name: string, content: string | Uint8Array, mode = 0o600): string {
    const path = join(this.folder, name)
    writeFileSync(path, content, { mode })
    // The mode counts only for a new file.
    chmodSync(path, mode)
    return path
  }

  read(name: string): string {
    return readFileSync(join(this.folder, name), 'utf8')
  }

  config(text: string, mode?: number): void {
    this.write('.aws/config', text, mode)
  }

  credentials(text: string): void {
    this.write('.aws/credentials', text)
  }

  /** A certificate and key of the authority that the emulator trusts, as `NAME.pem` and `NAME.key`. */
  async issue(
    options: CertificateOptions = {},
    authority = this.stage.authority,
    name = 'client',
  ): Promise<StagedIdentity> {
    const issued = await authority.issue({ subject: 'CN=backup', ...options })
    const certificatePath = this.write(`${name}.pem`, issued.certificatePem)
    const privateKeyPath = this.write(`${name}.key`, issued.privateKeyPem)
    const flags = ['--certificate', certificatePath, '--private-key', privateKeyPath]
    return { ...issued, certificatePath, privateKeyPath, flags }
  }

  /** A profile `onprem` with everything that a session needs. */
  async profile(more = ''): Promise<StagedIdentity> {
    const identity = await this.issue()
    this.config(`[profile onprem]
rolesanywhere_certificate = ${identity.certificatePath}
rolesanywhere_private_key = ${identity.privateKeyPath}
${ARN_KEYS}${more}`)
    return identity
  }

  /** As a careless umask leaves it. */
  openToAll(name: string): void {
    chmodSync(join(this.folder, name), 0o666)
  }

  openssl(...args: readonly string[]): void {
    execFileSync('openssl', args, { stdio: 'pipe', cwd: this.folder })
  }

  /** The doctor's report on this set-up. */
  async examine({ args, env, cwd }: Visit): Promise<Examination> {
    const options: CliOptions = {
      env: { HOME: this.folder, ...env },
      ...(cwd === undefined ? {} : { cwd }),
    }
    const { stdout, stderr, exitCode } = await runCli(['doctor', '--json', ...args], options)
    if (stdout.length === 0) throw new Error(`no report: ${stderr}`)
    return { ...(JSON.parse(stdout.toString('utf8')) as Report), code: exitCode, stderr }
  }
}

interface Report {
  readonly checks: readonly {
    readonly id: string
    readonly area: string
    readonly status: string
    readonly found: string
    readonly next?: string
    readonly family: string
  }[]
  readonly counts: Readonly<Record<string, number>>
  readonly exitCode: number
}

export interface Examination extends Report {
  readonly code: number | null
  readonly stderr: string
}
