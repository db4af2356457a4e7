/**
 * `npm run build:binary [-- x64 arm64]`: dist/rolesanywhere-linux-ARCHITECTURE, one file that needs no Node.
 *
 * Node's single-executable application: its own binary with our program, compiled, and the two native addons
 * put in. The program for another processor is compiled by that processor's Node, under qemu-user-static.
 *
 * Needs binutils, python3-venv and, for the other processor, qemu-user-static and its C library
 * (`libc6-arm64-cross libstdc++6-arm64-cross`).
 *
 * @module
 */

import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inject } from 'postject'
import { packageVersion } from '../../scripts/build.ts'
import {
  bundledPackages,
  noticesOf,
  packageIn,
  type BundledPackage,
} from '../../scripts/notices.ts'
import { billOfMaterials } from '../../scripts/sbom.ts'
import { compilePkcs11js, GLIBC } from './addon.ts'
import { checkGlibc } from './glibc.ts'
import { koffiLibrary, nodePackage, type Architecture } from './parts.ts'
import { writeProgram } from './program.ts'

const here = import.meta.dirname
const ROOT = join(here, '../..')

/** What Node looks for in itself, to see whether it was given a program. */
const FUSE = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2'

/** How another processor's Node runs here. */
const EMULATION: Readonly<Record<Architecture, readonly string[]>> = {
  x64: ['qemu-x86_64-static', '-L', '/usr/x86_64-linux-gnu'],
  arm64: ['qemu-aarch64-static', '-L', '/usr/aarch64-linux-gnu'],
}

/** Builds the executable and, beside it, the folder of its addons: `dist/native-linux-ARCHITECTURE/`. */
export async function buildExecutable(architecture: Architecture): Promise<string> {
  const node = nodePackage(architecture)
  const native = join(ROOT, `dist/native-linux-${architecture}`)
  mkdirSync(native, { recursive: true })
  const assets = {
    'pkcs11.node': join(native, 'pkcs11.node'),
    'koffi.node': join(native, 'koffi.node'),
  }
  compilePkcs11js(architecture, assets['pkcs11.node'])
  copyFileSync(koffiLibrary(architecture), assets['koffi.node'])
  for (const file of [join(node, 'bin/node'), ...Object.values(assets)]) checkGlibc(file, GLIBC)

  const work = mkdtempSync(join(tmpdir(), 'rolesanywhere-executable-'))
  try {
    // Relative names everywhere: Node writes them into what it makes.
    const { chunks, modules } = await writeProgram(work)
    const packages = contents(modules, node)
    const own = readFileSync(join(ROOT, 'LICENSE'), 'utf8')
    writeFileSync(join(work, 'licences.txt'), `${own}\n${noticesOf(packages)}`)
    copyFileSync(join(here, 'loader.cjs'), join(work, 'loader.cjs'))
    const run = (...args: readonly string[]): string => {
      const command = [...(process.arch === architecture ? [] : EMULATION[architecture])]
      return execFileSync('env', [...command, join(node, 'bin/node'), ...args], {
        cwd: work,
        encoding: 'utf8',
      })
    }
    const flags = run(join(here, 'check-compiled.cjs'))
    run('--hash-seed=1', '--no-lazy', join(here, 'compile.cjs'), flags, ...chunks)
    run(join(here, 'check-compiled.cjs'), ...chunks)
    const files = ['licences.txt', ...chunks, ...chunks.map((name) => `${name}.cache`)]
    const configuration = {
      main: 'loader.cjs',
      output: 'blob',
      disableExperimentalSEAWarning: true,
      execArgv: ['--disable-sigusr1'],
      execArgvExtension: 'none',
      assets: { ...assets, ...Object.fromEntries(files.map((name) => [name, name])) },
    }
    writeFileSync(join(work, 'sea.json'), JSON.stringify(configuration))
    run('--experimental-sea-config', 'sea.json')
    const executable = join(ROOT, `dist/rolesanywhere-linux-${architecture}`)
    copyFileSync(join(work, 'licences.txt'), `${executable}.licences.txt`)
    const subject = {
      name: 'rolesanywhere',
      version: packageVersion(),
      type: 'application',
    } as const
    writeFileSync(`${executable}.cdx.json`, billOfMaterials(subject, packages))
    copyFileSync(join(node, 'bin/node'), executable)
    await inject(executable, 'NODE_SEA_BLOB', readFileSync(join(work, 'blob')), {
      sentinelFuse: FUSE,
    })
    return executable
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

/** Everything that is inside: what was bundled, the addons, and Node. */
function contents(modules: readonly string[], node: string): readonly BundledPackage[] {
  const addons = ['pkcs11js', 'koffi'].map((name) => packageIn(join(ROOT, 'node_modules', name)))
  const packages = [...bundledPackages(modules), ...addons, packageIn(node)]
  return [...new Map(packages.map((one) => [one.name, one])).values()]
}

if (process.argv[1] === import.meta.filename) {
  const named = process.argv.slice(2) as Architecture[]
  for (const architecture of named.length > 0 ? named : [process.arch as Architecture]) {
    process.stdout.write(`${await buildExecutable(architecture)}\n`)
  }
}
