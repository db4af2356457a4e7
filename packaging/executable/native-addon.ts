/**
 * Loads a native addon that the executable carries.
 *
 * The dynamic linker wants a file. A package may have put it in /usr/lib/rolesanywhere, and it counts only
 * when its bytes are those that are carried inside. Otherwise it is written to a file without a name, in memory
 * where that is allowed, and in a folder that nobody else can change. What lies there from an earlier run is
 * never loaded, so there is nothing to plant.
 *
 * @module
 */

import {
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { getRawAsset } from 'node:sea'
import { walk } from '../../src/machine/ownership.ts'

/** Where packages put the addons. */
const INSTALLED = '/usr/lib/rolesanywhere'

/**
 * @param name - of the asset: `pkcs11.node`
 * @returns what the addon exports
 * @throws {Error} when no folder will do, with what each of them said.
 */
export function loadAddon(name: string): unknown {
  const bytes = Buffer.from(getRawAsset(name))
  const installed = join(INSTALLED, name)
  if (holds(installed, bytes)) return load(installed)
  const refusals: string[] = []
  for (const folder of candidates()) {
    try {
      return loadFrom(folder, name, bytes)
    } catch (error) {
      refusals.push(`${folder}: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  throw new Error(`no folder to load ${name} from (${refusals.join('; ')})`)
}

/** Folders in memory first; the last one is on the disk. Any may be missing, or mounted with `noexec`. */
function candidates(): readonly string[] {
  const { XDG_RUNTIME_DIR: runtime, HOME: home } = process.env
  return [
    ...(runtime?.startsWith('/') === true ? [runtime] : []),
    '/dev/shm',
    ...(home?.startsWith('/') === true ? [join(home, '.cache')] : []),
  ]
}

function loadFrom(parent: string, name: string, bytes: Buffer): unknown {
  // Only the last level: a home folder that is not there is not ours to make.
  if (!existsSync(parent)) mkdirSync(parent, { mode: 0o700 })
  const { exposed } = walk(join(parent, name), process.geteuid?.())
  if (exposed !== undefined) throw new Error(`"${exposed.path}" ${exposed.problem}`)
  const descriptor = openUnnamed(parent)
  if (descriptor === undefined) return loadNamed(parent, name, bytes)
  writeFileSync(descriptor, bytes)
  // It stays open: the linker takes a second file of the same name for the first.
  return load(`/proc/self/fd/${descriptor}`)
}

/** A file without a name, which ends with this process however that ends; undefined where there is none. */
function openUnnamed(folder: string): number | undefined {
  try {
    return openSync(folder, O_TMPFILE | constants.O_RDWR, 0o600)
  } catch {
    return undefined
  }
}

/** open(2) of Linux; Node has no name for it. */
const O_TMPFILE = 0o20000000 | constants.O_DIRECTORY

/** For file systems without unnamed files: in a fresh folder of ours, for the moment of loading. */
function loadNamed(parent: string, name: string, bytes: Buffer): unknown {
  const folder = mkdtempSync(join(parent, 'rolesanywhere-'))
  try {
    const file = join(folder, name)
    writeFileSync(file, bytes, { mode: 0o600, flag: 'wx' })
    return load(file)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function load(file: string): unknown {
  const module = { exports: {} }
  process.dlopen(module, file)
  return module.exports
}

function holds(file: string, bytes: Buffer): boolean {
  try {
    return readFileSync(file).equals(bytes)
  } catch {
    return false
  }
}
