/**
 * How long one-shot commands take, by the length of the way to AWS: the first rows of design.md 6.
 *
 * Every row is a process started, run and ended, in turn with all others, so that a busy moment of the
 * machine is spread over all. What counts is the ratio to an empty Node program, and to another helper
 * (`--peer PATH`). The service is the emulator on loopback with TLS, behind `delay-proxy.ts`.
 *
 * @module
 */

import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { createAuthority } from '../src/emulator/throwaway-pki.ts'
import { hasSoftToken, PIN, SOFTHSM, SoftTokens } from '../test/support/soft-token.ts'
import { median, type Figures } from './figures.ts'

/** Milliseconds of a round trip to the service. */
export const ROUND_TRIPS = [0, 20, 80] as const

export interface OneShotOptions {
  readonly runs: number
  /** Another helper's executable. */
  readonly peer?: string | undefined
  /** Our own executable file, beside `bin/rolesanywhere.js`. */
  readonly executable?: string | undefined
  /** `bin/rolesanywhere.js` of another checkout, such as the one before a change. */
  readonly before?: string | undefined
  /** Only rows whose name holds this. */
  readonly only?: string | undefined
}

interface Row {
  readonly name: string
  readonly command: readonly [string, ...string[]]
}

export const EMPTY = 'empty Node program'
const BIN = join(import.meta.dirname, '../bin/rolesanywhere.js')

/** Milliseconds of each row, by its name. */
export async function measureOneShots(options: OneShotOptions): Promise<Figures> {
  using tokens = new SoftTokens()
  await using world = await openWorld(tokens)
  const rows = rowsOf(world, options).filter(
    ({ name }) => name === EMPTY || name.includes(options.only ?? ''),
  )
  const times = rows.map((): number[] => [])
  // The first round warms caches.
  for (let round = 0; round <= options.runs; round += 1) {
    for (const [index, row] of rows.entries()) {
      const ms = timeOf(row, world.env)
      if (round > 0) times[index]?.push(ms)
    }
  }
  return new Map(rows.map(({ name }, index) => [name, median(times[index] ?? [])]))
}

function timeOf({ name, command: [program, ...args] }: Row, env: NodeJS.ProcessEnv): number {
  const startedAt = process.hrtime.bigint()
  const { status, stderr } = spawnSync(program, args, { env, encoding: 'utf8' })
  const ms = Number(process.hrtime.bigint() - startedAt) / 1e6
  if (status !== 0) throw new Error(`${name}: exit code ${String(status)}\n${stderr}`)
  return ms
}

function rowsOf(world: World, { peer, executable, before }: OneShotOptions): Row[] {
  const programs = [
    { name: 'ours', program: [process.execPath, BIN] as const, isOurs: true },
    ...(executable === undefined
      ? []
      : [{ name: 'executable', program: [executable] as const, isOurs: true }]),
    ...(before === undefined
      ? []
      : [{ name: 'before', program: [process.execPath, before] as const, isOurs: true }]),
    ...(peer === undefined ? [] : [{ name: 'peer', program: [peer] as const, isOurs: false }]),
  ]
  return [
    { name: EMPTY, command: [process.execPath, world.file('empty.cjs', '')] },
    { name: 'cat FILE', command: ['cat', world.file('process.json', world.processJson)] },
    ...ROUND_TRIPS.flatMap((roundTripMs) => {
      const session = ['--endpoint', world.endpoints[roundTripMs], ...world.request]
      return programs.flatMap(({ name, program: [program, ...first], isOurs }): Row[] => {
        const command = (...flags: string[]): Row['command'] => [
          program,
          ...first,
          'credential-process',
          ...flags,
          ...session,
        ]
        const at = (what: string): string => `${what}, ${roundTripMs} ms, ${name}`
        const cacheFlags = ['--cache', '--cache-dir', join(world.folder, `cache-${name}`)]
        return [
          { name: at('cold'), command: command(...world.keyFile) },
          ...(isOurs
            ? [{ name: at('cached'), command: command(...world.keyFile, ...cacheFlags) }]
            : []),
          ...(hasSoftToken
            ? [
                {
                  name: at('SoftHSM'),
                  command: command(...(isOurs ? world.token : world.peerToken)),
                },
              ]
            : []),
        ]
      })
    }),
  ]
}

interface World extends AsyncDisposable {
  readonly folder: string
  readonly env: NodeJS.ProcessEnv
  readonly request: readonly string[]
  readonly keyFile: readonly string[]
  readonly token: readonly string[]
  /** AWS's helper takes the PIN in the URI. */
  readonly peerToken: readonly string[]
  /** By the round trip that leads there. */
  readonly endpoints: Readonly<Record<(typeof ROUND_TRIPS)[number], string>>
  readonly processJson: string
  file(name: string, text: string): string
}

async function openWorld(tokens: SoftTokens): Promise<World> {
  await using resources = new AsyncDisposableStack()
  const folder = mkdtempSync(join(tmpdir(), 'rolesanywhere-bench-'))
  resources.defer(() => {
    rmSync(folder, { recursive: true, force: true })
  })
  const file = (name: string, text: string): string => {
    const path = join(folder, name)
    writeFileSync(path, text, { mode: 0o600 })
    return path
  }
  const authority = await createAuthority()
  const leaf = await authority.issue({ keyType: 'ec' })
  const tlsCa = join(folder, 'tls-ca.pem')
  const start = async (args: readonly string[]): Promise<string> => {
    const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] })
    resources.defer(() => {
      child.kill('SIGTERM')
    })
    const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string]
    return line
  }
  const direct = await start([
    ...[BIN, 'emulator', '--trust-anchor', file('ca.pem', authority.certificatePem)],
    ...['--tls', '--tls-ca-out', tlsCa, '--quiet'],
  ])
  const behind = async (roundTripMs: number): Promise<string> => {
    const proxy = join(import.meta.dirname, 'delay-proxy.ts')
    const port = await start([proxy, new URL(direct).port, String(roundTripMs)])
    return `https://127.0.0.1:${port}`
  }
  const endpoints = { 0: direct, 20: await behind(20), 80: await behind(80) }
  if (hasSoftToken) {
    tokens.addToken('bench')
    tokens.addCertificate('bench', leaf.certificatePem, { id: '01', label: 'leaf' })
    tokens.addKey('bench', leaf.privateKeyPem, { id: '01', label: 'leaf' })
  }
  const arn = 'arn:aws:rolesanywhere:eu-central-1:111122223333'
  const owned = resources.move()
  return {
    folder,
    file,
    endpoints,
    env: {
      PATH: process.env['PATH'],
      HOME: folder,
      ...tokens.env,
      AWS_CA_BUNDLE: tlsCa,
      // Where Go looks.
      SSL_CERT_FILE: tlsCa,
      AWS_CONFIG_FILE: join(folder, 'none'),
    },
    request: [
      ...['--trust-anchor-arn', `${arn}:trust-anchor/11111111-2222-3333-4444-555555555555`],
      ...['--profile-arn', `${arn}:profile/11111111-2222-3333-4444-555555555555`],
      ...['--role-arn', 'arn:aws:iam::111122223333:role/bench'],
    ],
    keyFile: [
      ...['--certificate', file('leaf.pem', leaf.certificatePem)],
      ...['--private-key', file('leaf.key', leaf.privateKeyPem)],
    ],
    token: [
      ...['--certificate', 'pkcs11:token=bench', '--pkcs11-lib', SOFTHSM],
      ...['--pin', `file:${file('pin', PIN)}`],
    ],
    peerToken: [
      ...['--certificate', `pkcs11:token=bench?pin-value=${PIN}`, '--pkcs11-lib', SOFTHSM],
    ],
    processJson: JSON.stringify({ Version: 1, SessionToken: 't'.repeat(800) }),
    async [Symbol.asyncDispose]() {
      await owned.disposeAsync()
    },
  }
}
