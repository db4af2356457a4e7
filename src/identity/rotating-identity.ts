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

import { RolesAnywhereError } from '../core/errors.ts'
import type { Clock, Identity, Reporter, Schedule } from '../core/ports.ts'
import { says } from '../core/wording.ts'
import { versionOf, watchPaths } from './watched-paths.ts'

export interface RotatingIdentityOptions {
  /** Loads certificate, chain and key as one checked snapshot. */
  readonly load: () => Promise<Identity>
  /** Files, or folders of them, whose change means that there is a new identity; may be empty. */
  readonly paths: readonly string[]
  readonly clock: Clock
  readonly schedule: Schedule
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
  #held: HeldIdentity
  #version: string
  #refusedVersion: string | undefined
  #checking: Promise<void> | undefined
  #onRotated: () => void = () => undefined
  #endWatching: () => void = () => undefined
  #cancelPoll: () => void = () => undefined
  /** While it is set, whatever else happens to the files is seen with it. */
  #cancelSettling: (() => void) | undefined
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
    this.#endWatching = watchPaths(this.#options.paths, () => {
      this.#checkSoon()
    })
    this.#poll()
  }

  /** Not-after of the certificate in use, in milliseconds since the epoch. */
  get certificateExpiresAt(): number {
    return this.#held.identity.certificate.validToDate.getTime()
  }

  /**
   * Lends the newest usable identity, which stays open until `work` is done.
   *
   * @throws {RolesAnywhereError} ERR_CANCELLED after disposal; what `work` throws.
   */
  async use<T>(work: (identity: Identity) => Promise<T>): Promise<T> {
    await this.#check()
    if (this.#isDisposed) throw new RolesAnywhereError('ERR_CANCELLED', 'the identity is closed')
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
    this.#endWatching()
    this.#cancelPoll()
    this.#cancelSettling?.()
    await this.#checking
    this.#held.isRetired = true
    await this.#held.disposeWhenUnused()
  }

  #poll(): void {
    this.#warnBeforeExpiry()
    this.#cancelPoll = this.#options.schedule(POLL_MS, () => {
      void this.#check().finally(() => {
        if (!this.#isDisposed) this.#poll()
      })
    })
  }

  #checkSoon(): void {
    this.#cancelSettling ??= this.#options.schedule(SETTLE_MS, () => {
      this.#cancelSettling = undefined
      void this.#check()
    })
  }

  /** Never rejects. */
  async #check(): Promise<void> {
    if (this.#isDisposed) return
    this.#checking ??= this.#reloadIfChanged().finally(() => {
      this.#checking = undefined
    })
    await this.#checking
  }

  async #reloadIfChanged(): Promise<void> {
    const { paths, load, reporter } = this.#options
    const version = await versionOf(paths)
    if (version === this.#version) return
    let identity: Identity
    try {
      identity = await load()
    } catch (cause) {
      // Said once for each state of the files, tried again at every look.
      if (version !== this.#refusedVersion && !this.#isDisposed) {
        const why = cause instanceof RolesAnywhereError ? cause.wording.message : 'unknown error'
        reporter.warn(says`the renewed certificate and key are not used yet: ${why}`, {
          hint: 'the old ones go on; replace certificate and key together',
        })
      }
      this.#refusedVersion = version
      return
    }
    if (this.#isDisposed) {
      await identity[Symbol.asyncDispose]()
      return
    }
    const old = this.#held
    this.#held = new HeldIdentity(identity)
    this.#version = version
    this.#warnedAt = -Infinity
    old.isRetired = true
    await old.disposeWhenUnused()
    reporter.debug('identity rotated', { notAfter: identity.certificate.validTo })
    this.#onRotated()
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
