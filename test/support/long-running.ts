/**
 * What tests of `serve`, `update` and `exec` need around them: certificates, an emulator of AWS, two
 * profiles, and the real executable running as a service does.
 *
 * @module
 */

import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startEmulator, type Emulator, type EmulatorOptions } from '../../src/emulator/emulator.ts'
import { createAuthority, type Authority } from '../../src/emulator/throwaway-pki.ts'
import { PROGRAM } from './run-cli.ts'

export interface World extends AsyncDisposable {
  readonly folder: string
  readonly emulator: Emulator
  readonly authority: Authority
  /** For child processes: PATH, HOME, AWS_CONFIG_FILE and nothing else. */
  readonly env: Readonly<Record<string, string>>
  /** Puts a new pair where the profiles look for it, both files at once or one alone. */
  issue(parts?: readonly ('certificate' | 'key')[]): Promise<void>
}

const ARN = 'arn:aws:rolesanywhere:eu-central-1:111122223333'
const UUID = '11111111-2222-3333-4444-555555555555'

/** Profiles `onprem` (role `first`) and `second` (role `second`), one certificate. */
export async function createWorld(options: Partial<EmulatorOptions> = {}): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), 'ra-world-'))
  const authority = await createAuthority()
  const emulator = await startEmulator({
    trustAnchors: authority.certificatePem,
    clock: Date.now,
    ...options,
  })
  const paths = { certificate: join(folder, 'leaf.pem'), key: join(folder, 'leaf.key') }
  const profile = (name: string, role: string): string => `[profile ${name}]
rolesanywhere_certificate = ${paths.certificate}
rolesanywhere_private_key = ${paths.key}
rolesanywhere_trust_anchor_arn = ${ARN}:trust-anchor/${UUID}
rolesanywhere_profile_arn = ${ARN}:profile/${UUID}
rolesanywhere_role_arn = arn:aws:iam::111122223333:role/path/${role}
rolesanywhere_endpoint = ${emulator.url}
`
  const config = join(folder, 'config')
  writeFileSync(config, profile('onprem', 'first') + profile('second', 'second'))
  const world: World = {
    folder,
    emulator,
    authority,
    env: { PATH: process.env['PATH'] ?? '', HOME: folder, AWS_CONFIG_FILE: config },
    async issue(parts = ['certificate', 'key']) {
      const leaf = await authority.issue({ keyType: 'ec', subject: 'CN=long-running' })
      if (parts.includes('key')) writeFileSync(paths.key, leaf.privateKeyPem, { mode: 0o600 })
      if (parts.includes('certificate')) writeFileSync(paths.certificate, leaf.certificatePem)
    },
    async [Symbol.asyncDispose]() {
      await emulator.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
  await world.issue()
  return world
}

export interface Running extends AsyncDisposable {
  readonly child: ChildProcess
  /** What was printed so far. */
  readonly stdout: string
  readonly stderr: string
  /** The variables that `serve` said to export. */
  readonly exported: Readonly<Record<string, string>>
  /** Resolves when stdout or stderr matches; rejects when the process ends before that. */
  until(pattern: RegExp): Promise<void>
  /** Sends the signal and waits for the end. */
  stop(signal?: NodeJS.Signals): Promise<number | null>
}

/** Starts the executable and leaves it running. */
export function startCli(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  launcher: readonly [string, ...string[]] = PROGRAM,
): Running {
  const [program, ...first] = launcher
  const child = spawn(program, [...first, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  const printed = { stdout: '', stderr: '' }
  const listeners = new Set<() => void>()
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].on('data', (chunk: Buffer) => {
      printed[name] += chunk.toString()
      for (const listener of listeners) listener()
    })
  }
  const ended = new Promise<number | null>((resolve) => {
    child.once('close', (code, signal) => {
      resolve(code ?? (signal === null ? null : -1))
    })
  })
  return {
    child,
    get stdout() {
      return printed.stdout
    },
    get stderr() {
      return printed.stderr
    },
    get exported() {
      return Object.fromEntries(
        [...printed.stdout.matchAll(/^export (\w+)=(.*)$/gm)].map(([, name = '', value = '']) => [
          name,
          value,
        ]),
      )
    },
    async until(pattern) {
      await new Promise<void>((resolve, reject) => {
        const look = (): void => {
          if (!pattern.test(printed.stdout) && !pattern.test(printed.stderr)) return
          listeners.delete(look)
          resolve()
        }
        listeners.add(look)
        look()
        void ended.then(() => {
          reject(new Error(`ended before ${String(pattern)}:\n${printed.stdout}${printed.stderr}`))
        })
      })
    },
    async stop(signal = 'SIGTERM') {
      child.kill(signal)
      return ended
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await ended
    },
  }
}

/** `serve`, answering. Any free port, tokens in the world's folder. */
export async function startServe(
  world: World,
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<Running> {
  const running = startCli(
    ['serve', '--port', '0', '--token-folder', join(world.folder, 'tokens'), ...args],
    { ...world.env, ...env },
  )
  await running.until(/AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=.*\n/)
  return running
}
