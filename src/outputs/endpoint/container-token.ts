/**
 * The secret that a client of one container path must show, kept in a file.
 *
 * The file is the truth: who may read it may have the credentials, and whoever replaces its content
 * rotates the token. The one before stays good for a minute, for clients that have read it already.
 *
 * @see AWS SDKs and Tools Reference Guide, "Container credential provider"; reliability.md T1, T8
 * @module
 */

import { timingSafeEqual } from 'node:crypto'
import { RolesAnywhereError } from '../../core/errors.ts'
import type { Reporter } from '../../core/ports.ts'
import { reasonOf } from '../../machine/errno.ts'
import { newToken, openTokenFile, readTokenFile } from './token-file.ts'

/** How long the token before the present one is still taken. */
const GRACE_MS = 60_000
/** How often the file is looked at while requests come in. */
const LOOK_MS = 1_000

interface TokenFile {
  readonly path: string
  /** Of this process. */
  readonly uid: number
  readonly reporter: Reporter
}

export class ContainerToken {
  readonly #file: TokenFile | undefined
  #secret: Secret
  #previous: { readonly secret: Secret; readonly until: number } | undefined
  #lookedAt = -Infinity
  #look: Promise<void> | undefined
  /** What was wrong with the file when it was last looked at, so that it is said once. */
  #problem: string | undefined

  private constructor(file: TokenFile | undefined, text: string) {
    this.#file = file
    this.#secret = new Secret(text)
  }

  /** A token that exists only in memory, with its text: for one child process. */
  static ephemeral(): { readonly token: ContainerToken; readonly text: string } {
    const text = newToken()
    return { text, token: new ContainerToken(undefined, text) }
  }

  /**
   * The token in the file, which is made, with mode 0600, when it is not there.
   *
   * @param uid - of this process
   * @throws {RolesAnywhereError} ERR_OUTPUT_UNWRITABLE, ERR_OUTPUT_UNSAFE, ERR_CONFIG_SECRET_UNAVAILABLE
   */
  static async inFile(path: string, uid: number, reporter: Reporter): Promise<ContainerToken> {
    return new ContainerToken({ path, uid, reporter }, await openTokenFile(path, uid))
  }

  get path(): string | undefined {
    return this.#file?.path
  }

  /** Compared in constant time, with both tokens where there are two. */
  accepts(authorization: string, now: number): boolean {
    const isCurrent = this.#secret.equals(authorization)
    const isPrevious =
      this.#previous !== undefined &&
      this.#previous.until > now &&
      this.#previous.secret.equals(authorization)
    return isCurrent || isPrevious
  }

  /** Follows the file; undefined when it was looked at a moment ago, and there is nothing to wait for. */
  refresh(now: number): Promise<void> | undefined {
    const file = this.#file
    if (file === undefined) return undefined
    if (this.#look === undefined && Math.abs(now - this.#lookedAt) >= LOOK_MS) {
      this.#lookedAt = now
      this.#look = this.#follow(file, now).finally(() => {
        this.#look = undefined
      })
    }
    return this.#look
  }

  /** A file that is unreadable, empty or in other hands changes nothing: the token at hand goes on. */
  async #follow({ path, uid, reporter }: TokenFile, now: number): Promise<void> {
    try {
      const text = await readTokenFile(path, uid)
      this.#problem = undefined
      if (this.#secret.equals(text)) return
      this.#previous = { secret: this.#secret, until: now + GRACE_MS }
      this.#secret = new Secret(text)
    } catch (error) {
      const known = error instanceof RolesAnywhereError ? error : undefined
      const problem =
        known?.message ?? `the token file "${path}" cannot be read: ${reasonOf(error)}`
      if (this.#problem === problem) return
      this.#problem = problem
      reporter.warn(known?.wording.message ?? problem, {
        hint: 'the token from before is still taken, and no other',
      })
    }
  }
}

/**
 * A token, of ASCII alone, to compare others with. A digest of each other would take a tenth of the time
 * of a whole request.
 */
class Secret {
  readonly #bytes: Buffer
  /** For what is compared: as long as the token, whatever comes. */
  readonly #other: Buffer

  constructor(text: string) {
    this.#bytes = Buffer.from(text)
    this.#other = Buffer.alloc(this.#bytes.length)
  }

  equals(text: string): boolean {
    this.#other.fill(0)
    this.#other.write(text)
    // The bytes are compared whatever the length; ASCII has as many bytes as characters.
    const isSame = timingSafeEqual(this.#other, this.#bytes)
    return isSame && text.length === this.#bytes.length
  }
}
