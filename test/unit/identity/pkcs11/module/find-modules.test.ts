import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { parsePkcs11Uri } from '../../../../../src/core/pkcs11-uri.ts'
import { findModules } from '../../../../../src/identity/pkcs11/module/find-modules.ts'
import {
  systemPlaces,
  type ModulePlaces,
} from '../../../../../src/identity/pkcs11/module/module-places.ts'

let folder: string
let places: ModulePlaces

beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'rolesanywhere-modules-')))
  for (const name of ['package', 'system', 'lib', 'lib/pkcs11']) mkdirSync(join(folder, name))
  places = {
    configFolders: [join(folder, 'package'), join(folder, 'system'), join(folder, 'absent')],
    moduleFolders: [join(folder, 'lib/pkcs11')],
    wellKnown: [join(folder, 'lib/libknown.so.2')],
    proxyNames: ['p11-kit-proxy.so'],
  }
})

afterEach(() => {
  rmSync(folder, { recursive: true })
})

const write = (path: string, text = ''): string => {
  writeFileSync(join(folder, path), text, { mode: 0o644 })
  return join(folder, path)
}
const found = (uri = 'pkcs11:', library?: string): string[][] =>
  findModules(library, parsePkcs11Uri(uri), places).groups.map((group) =>
    group.map(({ path }) => path.slice(folder.length + 1)),
  )

describe('modules', () => {
  it('none are found where none are', () => {
    expect(found()).toEqual([])
  })

  it('p11-kit’s configuration comes before everything else, in its order', () => {
    for (const name of ['a.so', 'b.so', 'c.so']) write(`lib/pkcs11/${name}`)
    write('lib/p11-kit-proxy.so')
    write('lib/libknown.so.2')
    write('package/one.module', '# a comment\nmodule: a.so\n')
    write('package/two.module', 'module: b.so\npriority: 5\n')
    write('package/three.module', `module: ${join(folder, 'lib/pkcs11/c.so')}\n`)
    expect(found()).toEqual([['lib/pkcs11/b.so', 'lib/pkcs11/a.so', 'lib/pkcs11/c.so']])
  })

  it('a bare name is not looked for in the current folder', () => {
    write('here.so')
    const before = process.cwd()
    process.chdir(folder)
    try {
      expect(() => found('pkcs11:', 'here.so')).toThrow(/no PKCS#11 module is called "here.so"/u)
      expect(found('pkcs11:', './here.so')).toEqual([['here.so']])
    } finally {
      process.chdir(before)
    }
  })

  it('trust modules, other programs’ modules, absent ones and backup files are left out', () => {
    write('lib/pkcs11/a.so')
    write('package/trust.module', 'module: a.so\ntrust-policy: yes\n')
    write('package/others.module', 'module: a.so\nenable-in: firefox, seahorse\n')
    write('package/not-us.module', 'module: a.so\ndisable-in: rolesanywhere\n')
    write('package/absent.module', 'module: b.so\n')
    write('package/.hidden.module', 'module: a.so\n')
    write('package/backup.module~', 'module: a.so\n')
    expect(found()).toEqual([])
    write('package/ours.module', 'module: a.so\nenable-in: rolesanywhere\n')
    expect(found()).toEqual([['lib/pkcs11/a.so']])
  })

  it('a later folder overrides an earlier one, field by field', () => {
    write('lib/pkcs11/a.so')
    write('package/one.module', 'module: a.so\n')
    write('system/one.module', 'disable-in: rolesanywhere\n')
    expect(found()).toEqual([])
  })

  it('a remote module is reached through the proxy', () => {
    write('lib/pkcs11/a.so')
    write('lib/p11-kit-proxy.so')
    write('package/one.module', 'module: a.so\n')
    write('package/far.module', 'remote: |ssh far p11-kit remote\n')
    expect(found()).toEqual([['lib/pkcs11/a.so'], ['lib/p11-kit-proxy.so']])
  })

  it('without a configuration: the proxy, then well-known places', () => {
    write('lib/p11-kit-proxy.so')
    write('lib/libknown.so.2')
    expect(found()).toEqual([['lib/p11-kit-proxy.so'], ['lib/libknown.so.2']])
  })

  it('a named module is the only one', () => {
    write('lib/libknown.so.2')
    const other = write('lib/other.so')
    write('package/one.module', 'module: ../libknown.so.2\n')
    expect(found('pkcs11:', other)).toEqual([['lib/other.so']])
    expect(found('pkcs11:', 'libknown.so.2')).toEqual([['lib/libknown.so.2']])
    expect(found(`pkcs11:?module-path=${other}`)).toEqual([['lib/other.so']])
    expect(found('pkcs11:?module-name=KNOWN')).toEqual([['lib/libknown.so.2']])
    expect(found('pkcs11:?module-name=KNOWN', other)).toEqual([['lib/other.so']])
  })

  it.each(['module-name=unknown', 'module-name=..%2Fother', 'module-path=lib/other.so'])(
    '%s is refused',
    (query) => {
      write('lib/other.so')
      expect(() => found(`pkcs11:?${query}`)).toThrow(
        expect.objectContaining({ code: 'ERR_TOKEN_MODULE_UNUSABLE' }) as Error,
      )
    },
  )
})

it('each system has its places', () => {
  const linux = systemPlaces('linux', 'x64', '/home/me')
  expect(linux.moduleFolders).toContain('/usr/lib/x86_64-linux-gnu/pkcs11')
  expect(linux.configFolders.at(-1)).toBe('/home/me/.config/pkcs11/modules')
  expect(systemPlaces('darwin', 'arm64', '/Users/me').proxyNames).toEqual(['p11-kit-proxy.dylib'])
  expect(systemPlaces('win32', 'x64', 'C:\\Users\\me').wellKnown.join()).toContain(
    'opensc-pkcs11.dll',
  )
})
