/**
 * Loads a PKCS#11 module through the optional package pkcs11js. Runs in the host process.
 *
 * @module
 */

import type * as Pkcs11js from 'pkcs11js'
import { CKF_OS_LOCKING_OK, called } from '../cryptoki.ts'

/** An optional package that is not installed, or that does not load here. */
export class SupportMissingError extends Error {
  readonly package: string

  constructor(name: string, cause: unknown) {
    super(cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : '', { cause })
    this.name = 'SupportMissingError'
    this.package = name
  }
}

/** A file that the dynamic linker, or PKCS#11, does not take for a module. */
export class ModuleLoadError extends Error {
  constructor(cause: unknown) {
    super(cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : '', { cause })
    this.name = 'ModuleLoadError'
  }
}

/** A loaded and initialised module. */
export async function loadModule(path: string): Promise<Pkcs11js.PKCS11> {
  const { PKCS11: Module } = await importPkcs11js()
  const module = new Module()
  try {
    module.load(path)
  } catch (cause) {
    throw new ModuleLoadError(cause)
  }
  called('C_Initialize', () => {
    module.C_Initialize({ flags: CKF_OS_LOCKING_OK })
  })
  return module
}

async function importPkcs11js(): Promise<typeof Pkcs11js> {
  try {
    return (await import('pkcs11js')).default
  } catch (cause) {
    throw new SupportMissingError('pkcs11js', cause)
  }
}
