/**
 * What goes wrong with modules and their processes, said to a person: the dynamic linker's words,
 * crashes, silence.
 *
 * @module
 */

import { RolesAnywhereError } from '../../../core/errors.ts'
import { says, setting } from '../../../core/wording.ts'
import { installHint } from '../../../machine/optional-package.ts'
import { CryptokiError } from '../cryptoki.ts'
import type { HostFailure } from '../host-protocol.ts'

/** What the process that holds the module at `path` answered instead of an answer. */
export function errorOf(failure: HostFailure, path: string): Error {
  switch (failure.kind) {
    case 'cryptoki':
      return new CryptokiError(failure.call, failure.rv, failure.rvName)
    case 'support':
      return supportMissing(failure.package, failure.message)
    case 'load':
      return moduleLoadFailure(path, failure.message)
    case 'other':
      return new RolesAnywhereError('ERR_INTERNAL', `the module's process: ${failure.message}`)
  }
}

/** What the optional packages are for. */
const PURPOSES: Readonly<Record<string, string>> = {
  pkcs11js: 'PKCS#11 tokens need the optional package pkcs11js',
  koffi: 'a PIN typed on the reader needs the optional package koffi',
}

/** An optional package is absent or unusable; the hint is the command that installs it. */
function supportMissing(name: string, problem: string): RolesAnywhereError {
  return new RolesAnywhereError(
    'ERR_TOKEN_SUPPORT_MISSING',
    PURPOSES[name] ?? `the optional package ${name} is needed`,
    { hint: installHint(name), detail: { package: name, problem } },
  )
}

/** A file that is no module, or a module that does not start. */
export function moduleLoadFailure(path: string, problem: string): RolesAnywhereError {
  const row = LOADER_MESSAGES.find(({ pattern }) => pattern.test(problem))
  return new RolesAnywhereError(
    'ERR_TOKEN_MODULE_UNUSABLE',
    `"${path}" cannot be used as a PKCS#11 module: ${row?.meaning ?? problem}`,
    { hint: row?.hint ?? CHOOSE_MODULE, detail: { path, problem } },
  )
}

/** The module took its process along. `how`: a signal or an exit code. */
export function moduleCrashed(path: string, how: string): RolesAnywhereError {
  return new RolesAnywhereError(
    'ERR_TOKEN_MODULE_CRASHED',
    `the PKCS#11 module "${path}" ended its process (${how})`,
    {
      hint: says`try another module with ${setting('pkcs11Lib')}, or a newer version of it`,
      detail: { path, how },
    },
  )
}

export function moduleTimedOut(
  path: string,
  operation: string,
  timeoutMs: number,
): RolesAnywhereError {
  return new RolesAnywhereError(
    'ERR_TOKEN_TIMEOUT',
    `the PKCS#11 module "${path}" did not answer within ${timeoutMs / 1000} s (${operation})`,
    {
      hint: 'plug the token in again, or touch it if it waits for that; the next try starts afresh',
      detail: { path, operation, timeoutMs },
    },
  )
}

export function cancelled(signal: AbortSignal | undefined): RolesAnywhereError {
  return new RolesAnywhereError('ERR_CANCELLED', 'cancelled while waiting for the token', {
    cause: signal?.reason,
  })
}

const CHOOSE_MODULE = '`rolesanywhere pkcs11 list` shows the modules that work here'

/** What dlopen and dlsym of glibc, musl and macOS say. */
const LOADER_MESSAGES: readonly { pattern: RegExp; meaning: string; hint?: string }[] = [
  {
    pattern: /undefined symbol: C_GetFunctionList|C_GetFunctionList|Symbol not found/iu,
    meaning: 'it is a shared library, but not a PKCS#11 module (it has no C_GetFunctionList)',
  },
  {
    pattern: /wrong ELF class|incompatible architecture|wrong architecture/iu,
    meaning: 'it is built for another kind of processor',
    hint: 'install the module for this architecture',
  },
  {
    pattern: /invalid ELF header|file too short|Exec format error|not a mach-o/iu,
    meaning: 'it is not a shared library',
  },
  {
    pattern: /cannot open shared object file|Error loading shared library|Library not loaded/iu,
    meaning: 'a library that it needs is missing',
    hint: '`ldd` with this path shows which one',
  },
]
