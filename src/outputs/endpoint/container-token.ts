/**
 * The secret that a client of one container path must show, kept in a file.
 *
 * The file is the truth: who may read it may have the credentials, and whoever replaces its content
 * rotates the token. The one before stays good for a minute, for clients that have read it already.
 *
 * @see AWS SDKs and Tools Reference Guide, "Container credential provider"; reliability.md T1, T8
 * @module
 */

import { hash, randomBytes, timingSafeEqual } from 'node:crypto'
import { chmodSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { RolesAnywhereError } from '../../core/errors.ts'
import { says, setting } from '../../core/wording.ts'
import type { Reporter } from '../../core/ports.ts'

/** How long the token before the present one is still taken. */
const GRACE_MS = 60_000
/** How often the file is looked at while requests come in. */
const LOOK_MS = 1_000
const MIN_TOKEN_LENGTH = 16
const MAX_TOKEN_BYTES = 16_384

export class ContainerToken {
  readonly path: string | undefined
  readonly #uid: number
  #digest: Buffer
  #previous: { readonly digest: Buffer; readonly until: number } | undefined
  #version = ''
  #lookedAt = -Infinity

  private constructor(path: string | undefined, uid: number, digest: Buffer, version: string) {
    this.path = path
    this.#uid = uid
    this.#digest = digest
    this.#version = version
  }

  /** A token that exists only in memory, with its text: for one child process. */
  static ephemeral(): { readonly token: ContainerToken; readonly text: string } {
    const text = newToken()
    return { text, token: new ContainerToken(undefined, -1, digestOf(text), '') }
  }

  /**
   * The token in the file, which is made, with mode 0600, when it is not there.
   *
   * @param uid - of this process: a file of another user but root holds a token that he knows
   * @throws {RolesAnywhereError} ERR_OUTPUT_UNWRITABLE, ERR_OUTPUT_UNSAFE, ERR_CONFIG_SECRET_UNAVAILABLE
   */
  static inFile(path: string, uid: number, reporter: Reporter): ContainerToken {
    try {
      if (statSync(path, { throwIfNoEntry: false }) === undefined) createTokenFile(path)
      const { mode } = statSync(path)
      if ((mode & 0o007) !== 0) {
        reporter.warn(`everybody on this machine may read the token file "${path}"`, {
          hint: `chmod 0600 "${path}", or 0640 with the group of its readers`,
        })
      }
      const { text, version } = readToken(path, uid)
      return new ContainerToken(path, uid, digestOf(text), version)
    } catch (cause) {
      if (cause instanceof RolesAnywhereError) throw cause
      throw new RolesAnywhereError(
        'ERR_OUTPUT_UNWRITABLE',
        `the token file "${path}" cannot be made or read: ${codeOf(cause)}`,
        { hint: NAME_A_FOLDER, cause },
      )
    }
  }

  /** Compared by digest in constant time; the length of the token shows nowhere. */
  accepts(authorization: string, now: number): boolean {
    this.#look(now)
    const digest = digestOf(authorization)
    const isCurrent = timingSafeEqual(digest, this.#digest)
    const isPrevious =
      this.#previous !== undefined &&
      this.#previous.until > now &&
      timingSafeEqual(digest, this.#previous.digest)
    return isCurrent || isPrevious
  }

  /** An unreadable or empty file changes nothing: the token at hand goes on. */
  #look(now: number): void {
    if (this.path === undefined || Math.abs(now - this.#lookedAt) < LOOK_MS) return
    this.#lookedAt = now
    try {
      if (versionOf(this.path) === this.#version) return
      const { text, version } = readToken(this.path, this.#uid)
      const digest = digestOf(text)
      this.#version = version
      if (digest.equals(this.#digest)) return
      this.#previous = { digest: this.#digest, until: now + GRACE_MS }
      this.#digest = digest
    } catch {
      return
    }
  }
}

/** Ends without a newline: some SDKs refuse a token that holds one. */
function createTokenFile(path: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const draft = `${path}.${randomBytes(8).toString('hex')}`
  writeFileSync(draft, newToken(), { flag: 'wx', mode: 0o600 })
  chmodSync(draft, 0o600)
  renameSync(draft, path)
}

const NAME_A_FOLDER = says`name a folder of your own with ${setting('tokenFolder')}`

function newToken(): string {
  return randomBytes(32).toString('base64url')
}

function readToken(path: string, uid: number): { readonly text: string; readonly version: string } {
  const version = versionOf(path)
  const stats = statSync(path)
  if (stats.uid !== uid && stats.uid !== 0) {
    throw new RolesAnywhereError(
      'ERR_OUTPUT_UNSAFE',
      `the token file "${path}" belongs to user ${stats.uid}, who knows what is in it`,
      { hint: NAME_A_FOLDER },
    )
  }
  if (stats.size > MAX_TOKEN_BYTES) throw unusable(path, 'is far too large')
  const text = readFileSync(path, 'utf8').trim()
  // A file that is being written is empty for a moment; a short secret can be guessed.
  if (text.length < MIN_TOKEN_LENGTH) {
    throw unusable(path, `holds fewer than ${MIN_TOKEN_LENGTH} characters`)
  }
  if (/[^\x21-\x7e]/.test(text)) throw unusable(path, 'holds what no HTTP header can carry')
  return { text, version }
}

function unusable(path: string, why: string): RolesAnywhereError {
  return new RolesAnywhereError(
    'ERR_CONFIG_SECRET_UNAVAILABLE',
    `the token file "${path}" ${why}`,
    { hint: 'remove the file to have a new token made' },
  )
}

function versionOf(path: string): string {
  const { ino, size, mtimeNs } = statSync(path, { bigint: true })
  return `${ino}:${size}:${mtimeNs}`
}

function digestOf(text: string): Buffer {
  return hash('sha256', text, 'buffer')
}

function codeOf(cause: unknown): string {
  return cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error'
}
