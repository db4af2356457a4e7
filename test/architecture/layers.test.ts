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
  machine: ['core'],
  identity: ['core', 'machine'],
  transport: ['core', 'machine'],
  session: ['core', 'machine'],
  settings: ['core', 'machine'],
  outputs: ['core', 'machine', 'session', 'settings'],
  emulator: ['core'],
  doctor: ['core', 'machine', 'identity', 'settings', 'transport', 'session'],
  authority: ['core', 'machine', 'identity'],
  configure: ['core', 'machine', 'identity', 'settings'],
  library: ['core', 'machine', 'identity', 'transport'],
  cli: [
    'core',
    'machine',
    'identity',
    'transport',
    'session',
    'settings',
    'outputs',
    'emulator',
    'authority',
    'configure',
    'doctor',
  ],
}

/** Room inside `identity/` → the rooms there that it may import. Files of no room may import all of them. */
const IDENTITY_ROOMS: Readonly<Record<string, readonly string[]>> = {
  encoding: [],
  secret: [],
  certificate: ['encoding'],
  'key-file': ['encoding'],
  command: ['certificate'],
  tpm: ['encoding', 'secret'],
  content: ['encoding', 'secret', 'certificate', 'key-file', 'tpm', 'command'],
  pkcs11: ['secret', 'certificate', 'content'],
}

/** The same inside `identity/pkcs11/`: `host/` runs in the process of its own that holds the module. */
const PKCS11_ROOMS: Readonly<Record<string, readonly string[]>> = {
  host: [],
  module: [],
  token: ['module'],
}

/** What the emulator may take from core: types, error classes and their words, and no signing code. */
const EMULATOR_MAY_USE = ['core/errors.ts', 'core/ports.ts', 'core/wording.ts']

/** Modules that stop core from being a function of its arguments. */
const CORE_MAY_USE = ['node:crypto']

/** The library's entry is wiring too, but only of what a library needs. */
const ENTRY_MAY_USE = ['core', 'machine', 'identity', 'transport', 'session', 'library']

/** Modules that reach other machines, or let them reach us. */
const NETWORK = /^(?:node:(?:net|tls|https?|http2|dgram|dns)(?:\/|$)|undici(?:\/|$))/u

/** Where the real world comes in. */
const ENTRIES = ['cli/system.ts', 'index.ts']

/** Sockets that lead nowhere but to this machine. */
const MAY_OPEN_SOCKETS = [
  // A socket is Node's only way to wait for a pipe that somebody else opened.
  'machine/read-descriptor.ts',
  // A software TPM.
  'identity/tpm/channel.ts',
]

const TIMER =
  /\bsetTimeout\b|\bsetInterval\b|\bAbortSignal\.timeout\b|\bperformance\.now\b|\bhrtime\b/u

/**
 * Time that decides (when to refresh, how long to back off, whether something has expired) comes by a port.
 * A real timer is set only beside one foreign thing that may never answer, and ends the wait for it.
 */
const MAY_SET_TIMERS: Readonly<Record<string, string>> = {
  'machine/wait.ts': 'the ports themselves',
  'machine/monotonic.ts': 'a port too',
  'machine/run-command.ts': 'a command that does not end',
  'identity/tpm/channel.ts': 'a TPM that is silent',
  'identity/tpm/commands.ts': 'a TPM that wants to be asked again',
  'identity/pkcs11/module/host-channel.ts': 'a module that hangs',
  'identity/pkcs11/token/pkcs11-signer.ts': 'a person who has not touched the token yet',
  'identity/pkcs11/host/host-process.ts': 'a parent that is gone',
  'transport/deadlines.ts': 'a server that is silent',
  'transport/early-connection.ts': 'a network that forgets an idle connection, and tells nobody',
  'outputs/endpoint/listener.ts': 'clients that hold on at the end',
  'outputs/endpoint/fetch-status.ts': 'a program on our port that does not answer',
  'emulator/connection.ts': 'a client that is silent',
  'emulator/answer.ts': 'a slow answer, on request',
  'emulator/check-client/run-client.ts': 'a client that does not end',
  'cli/prompt/pinentry.ts': 'a window that nobody sits before',
  'cli/signals.ts': 'whatever does not end when told to',
}

const RANDOM_BYTES = /\brandomBytes\b|\brandomUUID\b|\brandomInt\b|\bgetRandomValues\b/u

/**
 * Chance that decides (jitter) comes by a port. What nobody may guess, or what must differ from all others,
 * is drawn where it is needed: a test could only make it guessable.
 */
const MAY_DRAW_BYTES: Readonly<Record<string, string>> = {
  'machine/draft.ts': 'names of files that are not there yet',
  'machine/file-lock.ts': 'a mark of one lock',
  'identity/secret/refused-passwords.ts': 'a key for digests of passwords',
  'identity/pkcs11/token/make-key.ts': 'an id that no other key has',
  'outputs/endpoint/token-file.ts': 'tokens',
  'outputs/endpoint/metadata-token.ts': 'tokens, and the key that they are signed with',
  'emulator/respond.ts': 'request identifiers',
  'emulator/create-session.ts': 'credentials',
  'emulator/throwaway-pki.ts': 'serial numbers',
}

interface Import {
  readonly from: string
  readonly to: string
  readonly typeOnly: boolean
}

const files = globSync('**/*.ts', { cwd: SRC }).map((path) => path.replaceAll('\\', '/'))
const imports = files.flatMap(importsOf)

describe('layers', () => {
  it('are those of ARCHITECTURE.md, with what each may import', () => {
    const text = readFileSync(join(SRC, '../ARCHITECTURE.md'), 'utf8')
    const written = Object.fromEntries(
      [...text.matchAll(/^\| `(\w+)\/` +\|[^|]+\|([^|]+)\|$/gmu)].map(
        ([, layer = '', may = '']) => [
          layer,
          [...may.matchAll(/`(\w+)`/gu)].map(([, name]) => name),
        ],
      ),
    )
    // What may import nothing, only types, or everything is said in words there.
    const inWords = ['core', 'emulator', 'cli']
    for (const [layer, may] of Object.entries(LAYERS)) {
      if (!inWords.includes(layer)) expect(written[layer], layer).toEqual(may)
    }
    expect(Object.keys(written).toSorted()).toEqual(Object.keys(LAYERS).toSorted())
  })

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

  it.each([
    { folder: 'identity', rooms: IDENTITY_ROOMS },
    { folder: 'identity/pkcs11', rooms: PKCS11_ROOMS },
  ])('have rooms in $folder that import one way', ({ folder, rooms }) => {
    const inside = imports.filter(
      ({ from, to }) => from.startsWith(`${folder}/`) && to.startsWith(`${folder}/`),
    )
    const wrong = inside.filter(({ from, to }) => {
      const [room, other] = [roomOf(from, folder), roomOf(to, folder)]
      // A file of no room is either what rooms share, and imports none, or what joins them.
      return (
        room !== undefined && other !== undefined && room !== other && !rooms[room]?.includes(other)
      )
    })
    expect(wrong).toEqual([])
    expect(new Set(inside.flatMap(({ from }) => roomOf(from, folder) ?? []))).toEqual(
      new Set(Object.keys(rooms)),
    )
  })

  it('have no circle of files', () => {
    expect(circles()).toEqual([])
  })

  it('give the library entry no part of the command line', () => {
    const used = imports.filter(({ from }) => from === 'index.ts').map(({ to }) => layerOf(to))
    expect(new Set(used)).toEqual(new Set(ENTRY_MAY_USE))
  })

  it('reach AWS only in transport, and have other sockets only where they listen', () => {
    const users = imports
      .filter(
        ({ from, to, typeOnly }) =>
          NETWORK.test(to) && !typeOnly && !MAY_OPEN_SOCKETS.includes(from),
      )
      .map(({ from }) => layerOf(from))
    expect(new Set(users)).toEqual(new Set(['transport', 'emulator', 'outputs']))
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
  it.each([
    { what: 'a real timer', pattern: TIMER, may: MAY_SET_TIMERS },
    { what: 'random bytes', pattern: RANDOM_BYTES, may: MAY_DRAW_BYTES },
  ])('gives $what only to those files that the table says why', ({ pattern, may }) => {
    const users = files.filter((file) => pattern.test(code(file)))
    expect(users.toSorted()).toEqual(Object.keys(may).toSorted())
  })

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

describe('flags', () => {
  it('are named by the command line and the settings alone: below, sentences refer to a setting', () => {
    const naming = files.filter(
      (file) => !['cli', 'settings'].includes(layerOf(file)) && /--[a-z]/u.test(code(file)),
    )
    expect(naming).toEqual([])
  })
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

/** `certificate` of `identity/certificate/…` in the folder `identity`; undefined for a file of no room. */
function roomOf(file: string, folder: string): string | undefined {
  const rest = file.slice(folder.length + 1).split('/')
  return rest.length > 1 ? rest[0] : undefined
}

/** Files that import themselves over other files, and be it only for their types. */
function circles(): readonly string[] {
  const next = new Map(files.map((file) => [file, new Set<string>()]))
  for (const { from, to } of imports) next.get(from)?.add(to)
  return files.filter((file) => {
    const reached = new Set(next.get(file))
    // A set hands out what is added while it is walked.
    for (const other of reached) for (const further of next.get(other) ?? []) reached.add(further)
    return reached.has(file)
  })
}

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
