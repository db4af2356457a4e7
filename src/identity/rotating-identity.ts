/**
 * An identity that follows its files: a renewed certificate and key are taken into use without a
 * restart, and never half of them.
 *
 * Files are watched where the system offers that, and looked at again and again where it does not
 * (network file systems, the link swaps of Kubernetes volumes). A new set is loaded as a whole or not
 * at all; while it is incomplete or unusable, the old one goes on.
 *
 * @see design.md section 5; reliability.md F7
 * @module
 */

import { watch, type FSWatcher } from 'node:fs'
import { stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { RolesAnywhereError } from '../core/errors.ts'
import type { Clock, Identity, Reporter } from '../core/ports.ts'

export interface RotatingIdentityOptions {
  /** Loads certificate, chain and key as one checked snapshot. */
  readonly load: () => Promise<Identity>
  /** Files whose replacement means that there is a new identity; may be empty. */
  readonly paths: readonly string[]
  readonly clock: Clock
  readonly schedule: (delayMs: number, task: () => void) => () => void
  readonly reporter: Reporter
}

const POLL_MS = 10_000
/** Several files are replaced one after the other: the first event is not the last. */
const SETTLE_MS = 200
const WARN_EVERY_MS = 86_400_000
/** A certificate with less than this part of its validity left should have been renewed. */
const WARN_PART_LEFT = 0.2

export class RotatingIdentity implements AsyncDisposable {
  readonly #options: RotatingIdentityOptions
  readonly #watchers: FSWatcher[] = []
  #held: HeldIdentity
  #version: string
  #refusedVersion: string | undefined
  #checking: Promise<boolean> | undefined
  #onRotated: () => void = () => undefined
  #cancelTimers: (() => void)[] = []
  #warnedAt = -Infinity
  #isDisposed = false

  private constructor(options: RotatingIdentityOptions, identity: Identity, version: string) {
    this.#options = options
    this.#held = new HeldIdentity(identity)
    this.#version = version
  }

  /** @throws {RolesAnywhereError} what the first `load` throws: later failures are only reported. */
  static async open(options: RotatingIdentityOptions): Promise<RotatingIdentity> {
    // The version first: what changes during the load is then seen as a change.
    const version = await versionOf(options.paths)
    return new RotatingIdentity(options, await options.load(), version)
  }

  /** Begins to follow the files; `onRotated` is told whenever a new identity is in use. */
  follow(onRotated: () => void): void {
    this.#onRotated = onRotated
    for (const folder of new Set(this.#options.paths.map((path) => dirname(path)))) {
      try {
        const watcher = watch(folder, { persistent: false }, () => {
          this.#after(SETTLE_MS)
        })
        // Watching is a favour; polling goes on without it.
        watcher.on('error', () => {
          watcher.close()
        })
        this.#watchers.push(watcher)
      } catch {
        continue
      }
    }
    this.#poll()
  }

  /** Not-after of the certificate in use, in milliseconds since the epoch. */
  get certificateExpiresAt(): number {
    return this.#held.identity.certificate.validToDate.getTime()
  }

  /** Lends the newest usable identity, which stays open until `work` is done. */
  async use<T>(work: (identity: Identity) => Promise<T>): Promise<T> {
    await this.#check()
    const held = this.#held
    held.users += 1
    try {
      return await work(held.identity)
    } finally {
      held.users -= 1
      await held.disposeWhenUnused()
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isDisposed = true
    for (const cancel of this.#cancelTimers) cancel()
    for (const watcher of this.#watchers) watcher.close()
    await this.#checking
    this.#held.isRetired = true
    await this.#held.disposeWhenUnused()
  }

  #poll(): void {
    this.#warnBeforeExpiry()
    this.#cancelTimers = [
      this.#options.schedule(POLL_MS, () => {
        void this.#check().finally(() => {
          if (!this.#isDisposed) this.#poll()
        })
      }),
    ]
  }

  #after(delayMs: number): void {
    if (this.#isDisposed) return
    this.#cancelTimers.push(this.#options.schedule(delayMs, () => void this.#check()))
  }

  /** Never rejects. */
  async #check(): Promise<boolean> {
    this.#checking ??= this.#reloadIfChanged().finally(() => {
      this.#checking = undefined
    })
    return this.#checking
  }

  async #reloadIfChanged(): Promise<boolean> {
    const { paths, load, reporter } = this.#options
    const version = await versionOf(paths)
    if (version === this.#version) return false
    let identity: Identity
    try {
      identity = await load()
    } catch (cause) {
      // Said once for each state of the files, tried again at every look.
      if (version !== this.#refusedVersion) {
        const why = cause instanceof RolesAnywhereError ? cause.message : 'unknown error'
        reporter.warn(`the renewed certificate and key are not used yet: ${why}`, {
          hint: 'the old ones go on; replace certificate and key together',
        })
      }
      this.#refusedVersion = version
      return false
    }
    const old = this.#held
    this.#held = new HeldIdentity(identity)
    this.#version = version
    this.#warnedAt = -Infinity
    old.isRetired = true
    await old.disposeWhenUnused()
    reporter.debug('identity rotated', { notAfter: identity.certificate.validTo })
    this.#onRotated()
    return true
  }

  #warnBeforeExpiry(): void {
    const { certificate } = this.#held.identity
    const now = this.#options.clock()
    const end = certificate.validToDate.getTime()
    const isDue = end - now < (end - certificate.validFromDate.getTime()) * WARN_PART_LEFT
    if (!isDue || now - this.#warnedAt < WARN_EVERY_MS) return
    this.#warnedAt = now
    const hours = Math.floor((end - now) / 3_600_000)
    const when = hours < 0 ? 'has expired' : `expires in ${hours} hours`
    this.#options.reporter.warn(`the certificate ${when} (${certificate.validTo})`, {
      hint: 'renew it; new files are taken into use without a restart',
    })
  }
}

class HeldIdentity {
  readonly identity: Identity
  users = 0
  isRetired = false

  constructor(identity: Identity) {
    this.identity = identity
  }

  async disposeWhenUnused(): Promise<void> {
    if (this.isRetired && this.users === 0) await this.identity[Symbol.asyncDispose]()
  }
}

/** Changes when any of the files is written, replaced, removed, or reached through another link. */
async function versionOf(paths: readonly string[]): Promise<string> {
  const parts = await Promise.all(
    paths.map(async (path) => {
      try {
        const { dev, ino, size, mtimeNs } = await stat(path, { bigint: true })
        return [dev, ino, size, mtimeNs].join(':')
      } catch (error) {
        return error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
      }
    }),
  )
  return parts.join(' ')
}
