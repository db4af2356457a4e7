/**
 * The variables that Node itself and the loader of the machine obey: which of them change what we do, and which do not.
 *
 * SECURITY.md says what follows from them: who sets them runs as the same user.
 *
 * @module
 */

import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createAuthority } from '../../src/emulator/throwaway-pki.ts'
import { createWorld, startServe, type World } from '../support/long-running.ts'
import { ONE_FILE, runCli } from '../support/run-cli.ts'
import { hasCompiler } from '../support/soft-token.ts'

let world: World
afterEach(async () => {
  await world[Symbol.asyncDispose]()
})

const CREDENTIAL_PROCESS = ['credential-process', '--profile', 'onprem'] as const

function connects(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => {
      resolve(false)
    })
  })
}

describe.skipIf(ONE_FILE !== undefined)('NODE_OPTIONS', () => {
  beforeEach(async () => {
    world = await createWorld()
  })

  it('--inspect opens a debugger for every user of the machine: it is shut before anything is read', async () => {
    const env = { NODE_OPTIONS: '--inspect=127.0.0.1:0' }
    await using serving = await startServe(world, ['--profile', 'onprem'], env)
    const [, port = ''] = /ws:\/\/127\.0\.0\.1:(\d+)\//u.exec(serving.stderr) ?? []
    expect(Number(port)).toBeGreaterThan(0)
    expect(await connects(Number(port))).toBe(false)
  })

  it('--require runs code as the same user, which nothing here can prevent', async () => {
    const planted = join(world.folder, 'planted.cjs')
    writeFileSync(planted, "process.stderr.write('planted\\n')")
    const env = { ...world.env, NODE_OPTIONS: `--require ${planted}` }
    const { exitCode, stderr } = await runCli(CREDENTIAL_PROCESS, { env })
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: 'planted\n' })
  })
})

describe('NODE_EXTRA_CA_CERTS', () => {
  beforeEach(async () => {
    world = await createWorld({ tls: true })
    const pem = world.emulator.caPem
    if (pem === undefined) throw new Error('the emulator has no certification authority')
    writeFileSync(join(world.folder, 'extra.pem'), pem)
  })

  const env = (): Record<string, string> => ({
    ...world.env,
    NODE_EXTRA_CA_CERTS: join(world.folder, 'extra.pem'),
  })

  it('adds certification authorities', async () => {
    expect((await runCli(CREDENTIAL_PROCESS, { env: world.env })).exitCode).toBe(6)
    expect((await runCli(CREDENTIAL_PROCESS, { env: env() })).exitCode).toBe(0)
  })

  it('adds none to a bundle that was given by name', async () => {
    const { certificatePem } = await createAuthority({ subject: 'CN=Corp' })
    const bundle = join(world.folder, 'corp.pem')
    writeFileSync(bundle, certificatePem)
    const args = [...CREDENTIAL_PROCESS, '--ca-bundle', bundle]
    expect((await runCli(args, { env: env() })).exitCode).toBe(6)
  })
})

describe.skipIf(!hasCompiler)('LD_PRELOAD', () => {
  beforeEach(async () => {
    world = await createWorld()
  })

  it('decides what code is loaded, as for every program, and nothing here can prevent it', async () => {
    const source = join(world.folder, 'planted.c')
    const planted = join(world.folder, 'planted.so')
    writeFileSync(
      source,
      `#include <unistd.h>
       __attribute__((constructor)) static void plant(void) { (void)!write(2, "planted\\n", 8); }`,
    )
    execFileSync('gcc', ['-shared', '-fPIC', '-o', planted, source])
    const { exitCode, stderr } = await runCli(CREDENTIAL_PROCESS, {
      env: { ...world.env, LD_PRELOAD: planted },
    })
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: 'planted\n' })
  })
})
