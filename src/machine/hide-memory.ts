/**
 * Memory that neither core files show nor a debugger of the same user: for processes that hold a key for
 * long. Root still sees it.
 *
 * @see prctl(2) PR_SET_DUMPABLE, ptrace(2); ssh-agent does the same
 * @module
 */

import { says } from '../core/wording.ts'
import { loadLibc } from './libc.ts'

const PR_SET_DUMPABLE = 4

/**
 * Programs that are started from here on are as they always were.
 *
 * @returns false where it cannot be done: not on Linux, or without koffi.
 */
export async function hideMemory(platform: string): Promise<boolean> {
  if (platform !== 'linux') return false
  try {
    const libc = await loadLibc(says`hiding what is in memory`)
    return libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) === 0
  } catch {
    return false
  }
}
