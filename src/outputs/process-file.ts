/**
 * The answer of `credential_process`, kept in a private file by a daemon, so that a profile's line is
 * `credential_process = cat PATH`: no program of ours starts when an SDK wants credentials.
 *
 * The file is never there without credentials that are valid: it goes when they end and no others have
 * come, and when the daemon stops, so that `cat` fails instead of printing dead keys.
 *
 * @module
 */

import { lstatSync, rmSync, statfsSync, type BigIntStats } from 'node:fs'
import { dirname } from 'node:path'
import type { SessionCredentials } from '../core/credentials.ts'
import { RolesAnywhereError } from '../core/errors.ts'
import type { Clock, Reporter, Schedule } from '../core/ports.ts'
import { says, setting } from '../core/wording.ts'
import { sweepDrafts } from '../machine/draft.ts'
import { makeFolder } from '../machine/make-folder.ts'
import { replaceFile } from '../machine/replace-file.ts'
import { findTrustedTarget } from '../machine/trusted-target.ts'
import { unwritable } from '../machine/unwritable.ts'
import { credentialProcessJson } from './credential-process.ts'

export interface ProcessFilePorts {
  readonly clock: Clock
  readonly schedule: Schedule
  readonly reporter: Reporter
  /** Of this process. */
  readonly uid: number
}

const NAMED_BY = says`${setting('processFile')}`

export class ProcessFile implements Disposable {
  readonly #path: string
  readonly #ports: ProcessFilePorts
  /** The file that we wrote last: any other is another program's. */
  #written: BigIntStats | undefined
  #cancelRemoval = (): void => undefined

  /**
   * Makes the folder, with mode 0700, where it is missing.
   *
   * @throws {RolesAnywhereError} ERR_OUTPUT_UNSAFE, ERR_OUTPUT_UNWRITABLE
   */
  constructor(path: string, ports: ProcessFilePorts) {
    this.#path = findTrustedTarget(path, ports.uid, NAMED_BY).path
    this.#ports = ports
    if (!isInMemory(dirname(this.#path))) {
      ports.reporter.warn(says`${setting('processFile', path)} is not in memory but on a disk`, {
        hint: 'take a folder under /run, or $XDG_RUNTIME_DIR: what is there is gone after a restart',
      })
    }
  }

  /**
   * @param lifetimeMs - how long the credentials are valid from now on; undefined where the file is to
   *   outlive this program, and nobody will be there to remove it.
   * @throws {RolesAnywhereError} ERR_OUTPUT_UNSAFE, ERR_OUTPUT_UNWRITABLE, ERR_OUTPUT_LOCKED
   */
  async write(credentials: SessionCredentials, lifetimeMs: number | undefined): Promise<void> {
    const target = findTrustedTarget(this.#path, this.#ports.uid, NAMED_BY)
    await sweepDrafts(target.path, this.#ports.clock)
    const isReplaced = await replaceFile(target, {
      content: Buffer.from(credentialProcessJson(credentials)),
      replaces: target.stats && lstatSync(target.path, { bigint: true }),
      mode: 0o600,
      check: async () => Promise.resolve(),
    })
    if (!isReplaced) {
      throw new RolesAnywhereError(
        'ERR_OUTPUT_LOCKED',
        `another program writes "${target.path}" too`,
        { hint: says`give each its own file with ${setting('processFile')}` },
      )
    }
    this.#cancelRemoval()
    if (lifetimeMs === undefined) return
    this.#written = lstatSync(target.path, { bigint: true })
    this.#cancelRemoval = this.#ports.schedule(Math.max(0, lifetimeMs), () => {
      this.#remove()
      this.#ports.reporter.warn(
        `the credentials in "${this.#path}" have ended, and the file is gone`,
        { hint: 'it comes back with the next ones; what fails is said above' },
      )
    })
  }

  [Symbol.dispose](): void {
    this.#cancelRemoval()
    this.#remove()
  }

  #remove(): void {
    const written = this.#written
    if (written === undefined) return
    try {
      const there = lstatSync(this.#path, { bigint: true, throwIfNoEntry: false })
      // A number of an inode is used again.
      if (there?.ino === written.ino && there.ctimeNs === written.ctimeNs) rmSync(this.#path)
    } catch (error) {
      const { message, hint } = unwritable(this.#path, error).wording
      this.#ports.reporter.warn(message, { hint })
    }
  }
}

/** What statfs(2) says of tmpfs and ramfs. */
const IN_MEMORY: readonly number[] = [0x01021994, 0x858458f6]

function isInMemory(folder: string): boolean {
  try {
    makeFolder(folder)
    return IN_MEMORY.includes(statfsSync(folder).type)
  } catch {
    return false
  }
}
