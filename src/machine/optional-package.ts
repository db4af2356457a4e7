/**
 * What to do where an optional package with compiled code is missing or does not load.
 *
 * @module
 */

import { isSea } from 'node:sea'

/** The packages, with the versions that this program was tried with, and what their installation needs. */
const INSTALL: Readonly<Record<string, string>> = {
  pkcs11js:
    'npm install -g pkcs11js@2.1.7 (it is compiled: C++ compiler, make and python3 needed; ' +
    'where npm holds back install scripts, approve this one)',
  koffi: 'npm install -g koffi@3.3.4',
}

/** The executable carries them, and may only lack a place to load them from. */
const PLACE =
  'allow code to be loaded from $XDG_RUNTIME_DIR, /dev/shm or ~/.cache (a private folder on a file system ' +
  'without noexec), or install the .deb or .rpm, which needs no such place'

/** The advice, as the hint of an error. */
export function installHint(name: string): string | undefined {
  return isSea() ? PLACE : INSTALL[name]
}
