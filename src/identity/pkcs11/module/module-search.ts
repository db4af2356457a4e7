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

export interface ModulePlaces {
  readonly configFolders: readonly string[]
  readonly moduleFolders: readonly string[]
  readonly wellKnown: readonly string[]
  readonly proxyNames: readonly string[]
}

/**
 * The modules to look into.
 *
 * @param library value of the setting `pkcs11Lib`.
 * @throws {RolesAnywhereError} ERR_TOKEN_MODULE_UNUSABLE when a named module is absent or not safe.
 */
export function searchModules(
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

/** Where each system keeps its modules and p11-kit its configuration. */
export function systemPlaces(platform: string, arch: string, home: string): ModulePlaces {
  if (platform === 'win32') {
    return { configFolders: [], moduleFolders: [], wellKnown: WINDOWS, proxyNames: [] }
  }
  const prefixes = platform === 'darwin' ? ['/opt/homebrew', '/usr/local'] : ['/usr', '/usr/local']
  const libraries =
    platform === 'darwin'
      ? prefixes.map((prefix) => join(prefix, 'lib'))
      : prefixes.flatMap((prefix) =>
          [`lib/${TRIPLETS[arch] ?? arch}`, 'lib64', 'lib'].map((lib) => join(prefix, lib)),
        )
  return {
    configFolders: [
      ...prefixes.map((prefix) => join(prefix, 'share/p11-kit/modules')),
      '/etc/pkcs11/modules',
      ...(platform === 'darwin' ? ['/opt/homebrew/etc/pkcs11/modules'] : []),
      join(home, '.config/pkcs11/modules'),
    ],
    moduleFolders: libraries.map((folder) => join(folder, 'pkcs11')),
    wellKnown: [
      ...libraries.flatMap((folder) =>
        (platform === 'darwin' ? DARWIN_FILES : LINUX_FILES).map((file) => join(folder, file)),
      ),
      ...(platform === 'darwin' ? DARWIN : LINUX),
    ],
    proxyNames: platform === 'darwin' ? ['p11-kit-proxy.dylib'] : ['p11-kit-proxy.so'],
  }
}

/** Debian's folders for each of Node's names of architectures. */
const TRIPLETS: Readonly<Record<string, string>> = {
  x64: 'x86_64-linux-gnu',
  arm64: 'aarch64-linux-gnu',
  arm: 'arm-linux-gnueabihf',
  ia32: 'i386-linux-gnu',
  ppc64: 'powerpc64le-linux-gnu',
  riscv64: 'riscv64-linux-gnu',
  s390x: 's390x-linux-gnu',
}

const LINUX_FILES = [
  'pkcs11/opensc-pkcs11.so',
  'opensc-pkcs11.so',
  'pkcs11/libykcs11.so',
  'libykcs11.so.2',
  'libykcs11.so',
  'softhsm/libsofthsm2.so',
  'pkcs11/libsofthsm2.so',
  'libtpm2_pkcs11.so.1',
  'pkcs11/libtpm2_pkcs11.so',
  'libsc-hsm-pkcs11.so',
  'yubihsm_pkcs11.so',
]
const LINUX = [
  '/opt/cloudhsm/lib/libcloudhsm_pkcs11.so',
  '/usr/safenet/lunaclient/lib/libCryptoki2_64.so',
]
const DARWIN_FILES = ['opensc-pkcs11.so', 'libykcs11.dylib', 'softhsm/libsofthsm2.so']
const DARWIN = ['/Library/OpenSC/lib/opensc-pkcs11.so']
const WINDOWS = [
  'C:\\Program Files\\OpenSC Project\\OpenSC\\pkcs11\\opensc-pkcs11.dll',
  'C:\\Program Files\\Yubico\\Yubico PIV Tool\\bin\\libykcs11.dll',
  'C:\\Program Files\\Amazon\\CloudHSM\\lib\\cloudhsm_pkcs11.dll',
]
