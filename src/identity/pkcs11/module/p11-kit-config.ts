/**
 * The modules that p11-kit is configured with: the one list of modules that systems keep.
 *
 * Reads `*.module` files as p11-kit does. Only what chooses modules is read; `remote` modules can be
 * reached through p11-kit's own proxy only, and are reported as such.
 *
 * @see pkcs11.conf(5); protocol-facts.md 9.2
 * @module
 */

import { readdirSync, readFileSync } from 'node:fs'
import { basename, isAbsolute, join } from 'node:path'

export interface ConfiguredModule {
  /** File name without `.module`. */
  readonly name: string
  /** Absolute, or relative to p11-kit's module folder. */
  readonly module: string
  readonly priority: number
}

export interface P11KitModules {
  readonly modules: readonly ConfiguredModule[]
  /** Whether a module is configured that only the proxy can reach. */
  readonly hasRemote: boolean
}

/**
 * Modules for `programName`, by falling priority and then by name. A folder that is not there counts
 * as empty; later folders add to, and override, what earlier ones say of the same file name.
 */
export function readP11KitModules(folders: readonly string[], programName: string): P11KitModules {
  const files = new Map<string, Map<string, string>>()
  for (const folder of folders) {
    for (const file of moduleFiles(folder)) {
      const fields = readFields(join(folder, file))
      files.set(file, new Map([...(files.get(file) ?? []), ...fields]))
    }
  }
  const usable = [...files].filter(([, fields]) => isForUs(fields, programName))
  return {
    hasRemote: usable.some(([, fields]) => fields.has('remote')),
    modules: usable
      .flatMap(([file, fields]) => {
        const module = fields.get('module')
        if (module === undefined || module === '' || fields.has('remote')) return []
        const priority = Number.parseInt(fields.get('priority') ?? '0', 10)
        return [{ name: basename(file, '.module'), module, priority: priority || 0 }]
      })
      .sort((a, b) => b.priority - a.priority || a.name.localeCompare(b.name)),
  }
}

/** Where a `module:` line without a path may mean, best first. */
export function moduleCandidates(module: string, moduleFolders: readonly string[]): string[] {
  return isAbsolute(module) ? [module] : moduleFolders.map((folder) => join(folder, module))
}

function moduleFiles(folder: string): string[] {
  try {
    // p11-kit takes only names that are safe in a shell, and so leaves out backup files.
    return readdirSync(folder).filter((name) => /^[A-Za-z0-9][A-Za-z0-9_.-]*\.module$/u.test(name))
  } catch {
    return []
  }
}

/** `name: value` lines; a comment has its `#` at the start of the line. */
function readFields(path: string): Map<string, string> {
  const fields = new Map<string, string>()
  try {
    for (const line of readFileSync(path, 'utf8').split('\n')) {
      const match = /^\s*(?<name>[A-Za-z0-9_-]+)\s*:\s*(?<value>.*?)\s*$/u.exec(line)
      if (match?.groups !== undefined && !line.startsWith('#')) {
        fields.set(match.groups['name'] ?? '', match.groups['value'] ?? '')
      }
    }
  } catch {
    // A file that we may not read is a module that is not for us.
  }
  return fields
}

/** Trust modules hold root certificates and no key; programs can be named in or out. */
function isForUs(fields: ReadonlyMap<string, string>, programName: string): boolean {
  if (fields.get('trust-policy') === 'yes') return false
  const list = (name: string): string[] | undefined => fields.get(name)?.split(/[\s,]+/u)
  const enabledIn = list('enable-in')
  if (enabledIn !== undefined) return enabledIn.includes(programName)
  return list('disable-in')?.includes(programName) !== true
}
