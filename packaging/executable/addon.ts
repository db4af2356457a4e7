/**
 * Compiles pkcs11js for machines that are older than this one, and for other processors.
 *
 * The compiler is Zig's clang, from the Python package index: it brings the headers and symbol versions of
 * every glibc, so that what it makes needs none newer than Node itself does. Debian's own compiler would
 * make an addon that does not load on Debian 11 and RHEL 8.
 *
 * Needs python3 with venv (Debian: python3-venv).
 *
 * @module
 */

import { execFileSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DOWNLOADS, nodePackage, type Architecture } from './parts.ts'

const PKCS11JS = join(import.meta.dirname, '../../node_modules/pkcs11js')

/** The newest glibc that Node 24 itself needs. */
export const GLIBC = '2.28'

const TARGETS: Readonly<Record<Architecture, string>> = {
  x64: `x86_64-linux-gnu.${GLIBC}`,
  arm64: `aarch64-linux-gnu.${GLIBC}`,
}

/** The wheel for x86-64 machines, where releases are made. */
const COMPILER = `ziglang==0.15.2 --hash=sha256:806316453d1ede7174ed3fefb8e5348154629089c3bb5fe812dfd0e172fac130
`

/** Writes `pkcs11.node`. */
export function compilePkcs11js(architecture: Architecture, file: string): void {
  const sources = ['dl.cpp', 'common.cpp', 'main.cpp'].map((name) => join('src', name))
  const args = [
    ...['-m', 'ziglang', 'c++', '-target', TARGETS[architecture]],
    ...['-shared', '-fPIC', '-O2', '-s', '-std=c++17', '-fvisibility=hidden', '-fno-exceptions'],
    ...['-DNAPI_DISABLE_CPP_EXCEPTIONS', '-DNODE_GYP_MODULE_NAME=pkcs11'],
    ...['-DBUILDING_NODE_EXTENSION', '-Iincludes'],
    `-I${join(nodePackage(architecture), 'include/node')}`,
    ...sources,
    ...['-o', file],
  ]
  // Relative names: nothing of this machine's folders gets into the file.
  execFileSync(compiler(), args, { cwd: PKCS11JS, stdio: ['ignore', 'ignore', 'inherit'] })
}

/** The Python that has the compiler. */
function compiler(): string {
  const folder = join(DOWNLOADS, 'zig-0.15.2')
  const python = join(folder, 'bin/python')
  if (!existsSync(join(folder, 'ready'))) {
    execFileSync('python3', ['-m', 'venv', folder])
    const requirements = join(folder, 'requirements.txt')
    writeFileSync(requirements, COMPILER)
    execFileSync(python, [
      '-m',
      'pip',
      'install',
      '--quiet',
      '--require-hashes',
      '-r',
      requirements,
    ])
    writeFileSync(join(folder, 'ready'), '')
  }
  return python
}
