/**
 * The libc functions that Node lacks, through koffi, which is optional.
 *
 * @see https://koffi.dev
 * @module
 */

import { RolesAnywhereError } from '../core/errors.ts'
import { says, type Wording } from '../core/wording.ts'
import { installHint } from './optional-package.ts'

export interface Libc {
  readonly socket: (domain: number, type: number, protocol: number) => number
  readonly sendto: (
    fd: number,
    data: Uint8Array,
    length: number,
    flags: number,
    address: Uint8Array,
    addressLength: number,
  ) => number
  readonly setsockopt: (
    fd: number,
    level: number,
    option: number,
    value: Uint8Array,
    length: number,
  ) => number
  readonly close: (fd: number) => number
  /** Arguments that an operation does not take are zero. */
  readonly prctl: (operation: number, a: number, b: number, c: number, d: number) => number
}

/**
 * @param what the feature that needs it, as the subject of the message.
 * @throws {RolesAnywhereError} ERR_USAGE_NOT_SUPPORTED when koffi is not installed.
 */
export async function loadLibc(what: Wording): Promise<Libc> {
  try {
    const { default: koffi } = await import('koffi')
    // The program itself: every process here has libc loaded, glibc or musl alike.
    const library = koffi.load(null)
    return {
      socket: library.func('int socket(int, int, int)'),
      sendto: library.func('long sendto(int, const void *, size_t, int, const void *, uint32_t)'),
      setsockopt: library.func('int setsockopt(int, int, int, const void *, uint32_t)'),
      close: library.func('int close(int)'),
      prctl: library.func('int prctl(int, ulong, ulong, ulong, ulong)'),
    }
  } catch (cause) {
    throw new RolesAnywhereError(
      'ERR_USAGE_NOT_SUPPORTED',
      says`${what} needs the optional package koffi, which is not installed or does not load here`,
      { hint: installHint('koffi'), cause },
    )
  }
}
