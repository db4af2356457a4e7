/**
 * Which PKCS#11 modules to load: the one that was named, or those that the system knows.
 *
 * In order: the setting `pkcs11Lib`; `module-path` and `module-name` of the URI; p11-kit's configured modules;
 * p11-kit's proxy; well-known places. Everything found is checked (module-file.ts) before it is named
 * here; nothing is loaded.
 *
 * @see RFC 7512 section 2.3 (module-name, module-path); user-pain.md row 44
 * @module
 */

import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { RolesAnywhereError } from '../../../core/errors.ts'
import type { Pkcs11Uri } from '../../../core/pkcs11-uri.ts'
import { quoted } from '../../../core/printable.ts'
import { says, setting, type Wording } from '../../../core/wording.ts'
import { checkModuleFile } from './module-file.ts'
import { systemPlaces, type ModulePlaces } from './module-places.ts'
import { moduleCandidates, readP11KitModules } from './p11-kit-config.ts'

/** A module that may be loaded. */
export interface ModuleCandidate {
  /** Canonical and checked. */
  readonly path: string
  /** What named it, for `pkcs11 list` and messages. */
  readonly origin: Wording
}

export interface ModuleSearch {
  /** Groups to be tried one after the other, until a token matches. Within a group: in parallel. */
  readonly groups: readonly (readonly ModuleCandidate[])[]
  /** Whether a person or a URI named the module: its failure is then the answer. */
  readonly isExplicit: boolean
  /** Modules that are configured but not safe, or not there. */
  readonly rejected: readonly RolesAnywhereError[]
}

/**
 * The modules to look into.
 *
 * @param library value of the setting `pkcs11Lib`.
 * @throws {RolesAnywhereError} ERR_TOKEN_MODULE_UNUSABLE when a named module is absent or not safe.
 */
export function findModules(
  library: string | undefined,
  uri: Pkcs11Uri,
  places: ModulePlaces = systemPlaces(process.platform, process.arch, homedir()),
): ModuleSearch {
  const named = namedModule(library, uri, places)
  if (named !== undefined) return { groups: [[named]], isExplicit: true, rejected: [] }

  const rejected: RolesAnywhereError[] = []
  const usable = (paths: readonly string[], origin: string): ModuleCandidate[] => {
    const path = paths.find((candidate) => existsSync(candidate))
    if (path === undefined) return []
    try {
      return [{ path: checkModuleFile(path, origin), origin }]
    } catch (error) {
      rejected.push(error as RolesAnywhereError)
      return []
    }
  }
  const { modules, hasRemote } = readP11KitModules(places.configFolders, PROGRAM_NAME)
  const configured = modules.flatMap(({ name, module }) =>
    usable(moduleCandidates(module, places.moduleFolders), `p11-kit module ${name}`),
  )
  const proxy = (): ModuleCandidate[] => usable(proxyPaths(places), 'p11-kit proxy')
  const wellKnown = (): ModuleCandidate[] =>
    places.wellKnown.flatMap((path) => usable([path], 'well-known path'))
  const groups =
    configured.length > 0 ? [configured, hasRemote ? proxy() : []] : [proxy(), wellKnown()]
  return {
    groups: groups.map(withoutRepeats).filter((group) => group.length > 0),
    isExplicit: false,
    rejected,
  }
}

/** Name under which p11-kit's `enable-in` and `disable-in` know this program. */
const PROGRAM_NAME = 'rolesanywhere'

function namedModule(
  library: string | undefined,
  uri: Pkcs11Uri,
  places: ModulePlaces,
): ModuleCandidate | undefined {
  if (library !== undefined) {
    // A bare name is looked for as the dynamic linker would, but only where modules are kept: what
    // lies in the current folder is loaded only when a path says so.
    const path = library.includes('/') || library.includes('\\') ? resolve(library) : undefined
    const found = path ?? findByFileName(library, places)
    const origin = says`${setting('pkcs11Lib')}`
    if (found === undefined) throw unknownModule(library, origin)
    return { path: checkModuleFile(found, origin), origin }
  }
  const modulePath = uri.query.get('module-path')
  if (modulePath !== undefined) {
    const origin = 'module-path of the URI'
    return { path: checkModuleFile(modulePath, origin), origin }
  }
  const moduleName = uri.query.get('module-name')
  if (moduleName === undefined) return undefined
  return {
    path: checkModuleFile(findByName(moduleName, places), 'module-name of the URI'),
    origin: 'module-name of the URI',
  }
}

function findByFileName(name: string, places: ModulePlaces): string | undefined {
  return knownPaths(places).find((path) => basename(path) === name && existsSync(path))
}

/** Without `lib` and extension, whatever the case; a slash in it must never become a path. */
function findByName(name: string, places: ModulePlaces): string {
  const stem = (path: string): string =>
    basename(path)
      .replace(/^lib/iu, '')
      .replace(/\.(?:so|dylib|dll)(?:\.\d+)*$/iu, '')
      .toLowerCase()
  const found = /^[\w.-]+$/u.test(name)
    ? knownPaths(places).find((path) => stem(path) === stem(name) && existsSync(path))
    : undefined
  if (found !== undefined) return found
  throw unknownModule(name, 'module-name of the URI')
}

function unknownModule(name: string, origin: Wording): RolesAnywhereError {
  return new RolesAnywhereError(
    'ERR_TOKEN_MODULE_UNUSABLE',
    says`no PKCS#11 module is called ${quoted(name)} (${origin})`,
    { hint: says`give its path with ${setting('pkcs11Lib')}` },
  )
}

function knownPaths(places: ModulePlaces): readonly string[] {
  const configured = readP11KitModules(places.configFolders, PROGRAM_NAME).modules.flatMap(
    ({ module }) => moduleCandidates(module, places.moduleFolders),
  )
  const files = places.wellKnown.map((path) => basename(path))
  const inFolders = places.moduleFolders.flatMap((folder) =>
    [...files, ...configured.map((path) => basename(path))].map((file) => join(folder, file)),
  )
  return [...configured, ...places.wellKnown, ...proxyPaths(places), ...inFolders]
}

/** The proxy stands beside the folder of modules, or in it. */
function proxyPaths(places: ModulePlaces): readonly string[] {
  return places.moduleFolders.flatMap((folder) =>
    places.proxyNames.flatMap((name) => [join(folder, '..', name), join(folder, name)]),
  )
}

function withoutRepeats(group: readonly ModuleCandidate[]): readonly ModuleCandidate[] {
  return [...new Map(group.map((candidate) => [candidate.path, candidate])).values()]
}
