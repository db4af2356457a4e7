/**
 * Where each system keeps its PKCS#11 modules, and p11-kit its configuration.
 *
 * @module
 */

import { join } from 'node:path'

export interface ModulePlaces {
  /** Of p11-kit's `*.module` files; what a later one says goes. */
  readonly configFolders: readonly string[]
  /** What a module without a path is looked for in. */
  readonly moduleFolders: readonly string[]
  /** Paths of modules that vendors and distributions install, for systems without p11-kit. */
  readonly wellKnown: readonly string[]
  /** File names of p11-kit's proxy. */
  readonly proxyNames: readonly string[]
}

/** @param platform and arch by Node's names. */
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
