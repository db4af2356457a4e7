/**
 * Clocks of child processes that a test moves while they run: libfaketime, told by a file.
 *
 * What it does to a machine's clocks is real enough for Node: a timer comes early when time passes, and
 * stays where it is when the wall clock alone is set. `/proc/uptime` is not touched.
 *
 * @see faketime(1)
 * @module
 */

import { execFileSync } from 'node:child_process'
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { hasProgram } from './capabilities.ts'

export const hasFaketime: boolean = hasProgram('faketime')

export class FakedClock implements Disposable {
  readonly #folder = mkdtempSync(join(tmpdir(), 'ra-clock-'))
  readonly #isWallOnly: boolean
  #offset = 0

  /**
   * @param what - `time`: every clock moves on, as when time passes. `wall`: only the wall clock moves, as
   *   when somebody sets it.
   * @param offset - seconds at the start
   */
  constructor(what: 'time' | 'wall', offset = 0) {
    this.#isWallOnly = what === 'wall'
    this.move(offset)
  }

  /** For the environment of the children. */
  get env(): Readonly<Record<string, string>> {
    return {
      LD_PRELOAD: execFileSync('faketime', ['-f', '+0', 'printenv', 'LD_PRELOAD'])
        .toString()
        .trim(),
      FAKETIME_TIMESTAMP_FILE: this.#path,
      FAKETIME_NO_CACHE: '1',
      ...(this.#isWallOnly ? { FAKETIME_DONT_FAKE_MONOTONIC: '1' } : {}),
    }
  }

  /** By so many seconds, from where it is. */
  move(seconds: number): void {
    this.#offset += seconds
    const sign = this.#offset < 0 ? '' : '+'
    writeFileSync(`${this.#path}.new`, `${sign}${this.#offset}\n`)
    renameSync(`${this.#path}.new`, this.#path)
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true, force: true })
  }

  get #path(): string {
    return join(this.#folder, 'offset')
  }
}
