/**
 * The layer table of ARCHITECTURE.md, read from the imports themselves.
 *
 * @module
 */

import { globSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { describe, expect, it } from 'vitest'

const SRC = join(import.meta.dirname, '../../src')

/** Layer → the layers it may import (besides itself). */
const LAYERS: Readonly<Record<string, readonly string[]>> = {
  core: [],
  identity: ['core', 'native'],
  transport: ['core'],
  session: ['core'],
  settings: ['core'],
  native: ['core'],
  outputs: ['core', 'session', 'identity', 'native'],
  emulator: ['core'],
  doctor: ['core', 'session', 'identity'],
  cli: [
    'core',
    'identity',
    'transport',
    'session',
    'settings',
    'native',
    'outputs',
    'emulator',
    'doctor',
  ],
}

/** What the emulator may take from core: types and error classes, so that it shares no signing code. */
const EMULATOR_MAY_USE = ['core/errors.ts', 'core/ports.ts']

/** Modules that stop core from being a function of its arguments. */
const CORE_MAY_USE = ['node:crypto']

/** The library's entry is wiring too, but only of what a library needs. */
const ENTRY_MAY_USE = ['core', 'identity', 'transport', 'session']

/** Modules that reach other machines, or let them reach us. */
const NETWORK = /^(?:node:(?:net|tls|https?|http2|dgram|dns)(?:\/|$)|undici(?:\/|$))/u

/** Where the real world comes in. */
const ENTRIES = ['cli/system.ts', 'index.ts']

interface Import {
  readonly from: string
  readonly to: string
  readonly typeOnly: boolean
}

const files = globSync('**/*.ts', { cwd: SRC }).map((path) => path.replaceAll('\\', '/'))
const imports = files.flatMap(importsOf)

describe('layers', () => {
  it('are all in the table', () => {
    const unknown = files.filter((file) => file.includes('/') && !(layerOf(file) in LAYERS))
    expect(unknown).toEqual([])
    expect(files.length).toBeGreaterThan(40)
  })

  it('import only downwards', () => {
    const wrong = imports.filter(({ from, to }) => {
      if (!to.endsWith('.ts') || layerOf(from) === layerOf(to) || !from.includes('/')) return false
      return !(LAYERS[layerOf(from)] ?? []).includes(layerOf(to))
    })
    expect(wrong).toEqual([])
  })

  it('give the library entry no part of the command line', () => {
    const used = imports.filter(({ from }) => from === 'index.ts').map(({ to }) => layerOf(to))
    expect(new Set(used)).toEqual(new Set(ENTRY_MAY_USE))
  })

  it('reach the network only in transport, and listen only in the emulator', () => {
    // A socket is also Node's only way to wait for a pipe that somebody else opened, and the way to a
    // software TPM on this machine.
    const others = ['identity/secret/read-descriptor.ts', 'identity/tpm/channel.ts']
    const users = imports.filter(({ from, to }) => NETWORK.test(to) && !others.includes(from))
    expect(new Set(users.map(({ from }) => layerOf(from)))).toEqual(
      new Set(['transport', 'emulator']),
    )
  })

  it('have an emulator that takes only types and error classes from core', () => {
    const wrong = imports.filter(
      ({ from, to, typeOnly }) =>
        layerOf(from) === 'emulator' &&
        layerOf(to) === 'core' &&
        !typeOnly &&
        !EMULATOR_MAY_USE.includes(to),
    )
    expect(wrong).toEqual([])
  })

  it('have a core of pure functions', () => {
    const outside = imports.filter(
      ({ from, to, typeOnly }) =>
        layerOf(from) === 'core' && !typeOnly && !to.endsWith('.ts') && !CORE_MAY_USE.includes(to),
    )
    expect(outside).toEqual([])
  })
})

describe('the world', () => {
  it.each(['process.env', 'process.std', 'process.exit', 'process.argv', 'console.'])(
    'is reached by %s only in cli/system.ts and the library entry',
    (word) => {
      const users = files.filter((file) => code(file).includes(word))
      expect(users.filter((file) => !ENTRIES.includes(file))).toEqual([])
    },
  )

  it.each([/\bDate\.now\b/u, /\bnew Date\(\)/u, /\bMath\.random\b/u])(
    'gives %s only to cli/system.ts and the library entry',
    (word) => {
      const users = files.filter((file) => word.test(code(file)))
      expect(users.filter((file) => !ENTRIES.includes(file))).toEqual([])
    },
  )
})

describe('files', () => {
  it('have one responsibility: at most 400 lines, and a header that names it', () => {
    const long = files.filter(
      (file) => readFileSync(join(SRC, file), 'utf8').split('\n').length > 400,
    )
    expect(long).toEqual([])
    const bare = files.filter(
      (file) => !/^\/\*\*[^]*?@module\b/u.test(readFileSync(join(SRC, file), 'utf8')),
    )
    expect(bare).toEqual([])
  })
})

function layerOf(file: string): string {
  return file.split('/')[0] ?? ''
}

function importsOf(from: string): Import[] {
  const pattern =
    /^(?:import|export)\s+(?<type>type\s)?(?:[^'"]*?\sfrom\s+)?['"](?<to>[^'"]+)['"]|import\((?:\s*\/\*.*?\*\/)?\s*['"](?<lazy>[^'"]+)['"]/gmu
  return [...code(from).matchAll(pattern)].map(({ groups }) => {
    const to = groups?.['to'] ?? groups?.['lazy'] ?? ''
    return {
      from,
      to: to.startsWith('.') ? relative(SRC, join(SRC, dirname(from), to)) : to,
      typeOnly: groups?.['type'] !== undefined,
    }
  })
}

/** Source without comments, so that prose about `process.env` is not taken for its use. */
function code(file: string): string {
  return readFileSync(join(SRC, file), 'utf8')
    .replaceAll(/\/\*[^]*?\*\//gu, '')
    .replaceAll(/^\s*\/\/.*$/gmu, '')
}
