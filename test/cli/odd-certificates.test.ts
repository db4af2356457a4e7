/**
 * Certificates that OpenSSL takes and cannot read in full, at every place where a session takes
 * certificates: each ends in one named error, or is passed over where another one is meant.
 *
 * @module
 */

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { IssuedCertificate } from '../../src/emulator/throwaway-pki.ts'
import { createWorld, type World } from '../support/long-running.ts'
import {
  ALL_ODDITIES,
  leafBelowOddAuthority,
  oddCertificate,
  oddPair,
} from '../support/odd-certificates.ts'
import { runCli, type CliResult } from '../support/run-cli.ts'

let world: World
let folder = ''
let count = 0
beforeAll(async () => {
  world = await createWorld()
})
beforeEach(() => {
  folder = join(world.folder, String((count += 1)))
  mkdirSync(folder)
})
afterAll(async () => {
  await world[Symbol.asyncDispose]()
})

function file(name: string, content: string): string {
  const path = join(folder, name)
  writeFileSync(path, content, { mode: 0o600 })
  return path
}

/** Of a profile that names neither certificate nor key. */
function run(command: readonly string[], identity: readonly string[]): Promise<CliResult> {
  const profiles = readFileSync(join(world.folder, 'config'), 'utf8')
  const bare = profiles.replaceAll(/^rolesanywhere_(?:certificate|private_key) = .*\n/gm, '')
  const env = { ...world.env, AWS_CONFIG_FILE: file('config', bare) }
  return runCli([...command, '--profile', 'onprem', ...identity], { env })
}

function pair({ certificatePem, privateKeyPem }: IssuedCertificate): readonly string[] {
  const certificate = file('leaf.pem', certificatePem)
  return ['--certificate', certificate, '--private-key', file('leaf.key', privateKeyPem)]
}

function expectOneError({ exitCode, stdout, stderr }: CliResult, code: string, what: string): void {
  expect({ exitCode, stdout: stdout.toString() }).toEqual({ exitCode: 3, stdout: '' })
  const errors = stderr.split('\n').filter((line) => line.includes(' [ERR_'))
  expect(errors).toHaveLength(1)
  expect(errors[0]).toContain(`[${code}]`)
  expect(errors[0]).toContain(what)
}

const whyOf = (what: string): string =>
  what.startsWith('a first day') || what.startsWith('a last day')
    ? 'a date that is none'
    : 'a public key that OpenSSL cannot read'

const CREDENTIAL_PROCESS = ['credential-process'] as const
const SERVE = ['serve', '--port', '0'] as const

describe.each(ALL_ODDITIES)('a certificate with %s', (what) => {
  it('as the leaf is refused by name', async () => {
    const given = pair(await oddPair(world.authority, what))
    const result = await run(CREDENTIAL_PROCESS, given)
    expectOneError(result, 'ERR_CONFIG_CERTIFICATE_INVALID', whyOf(what))
  })

  it('as the leaf of a command that signs is refused by name', async () => {
    const certificate = file('leaf.pem', await oddCertificate(world.authority, what))
    const given = ['--certificate', certificate, '--signer-command', 'cat']
    const result = await run(CREDENTIAL_PROCESS, given)
    expectOneError(result, 'ERR_CONFIG_CERTIFICATE_INVALID', whyOf(what))
  })

  it('as a member of the chain is refused by name', async () => {
    const { leaf, intermediatePem } = await leafBelowOddAuthority(world.authority, what)
    const given = [...pair(leaf), '--intermediates', file('chain.pem', intermediatePem)]
    const result = await run(CREDENTIAL_PROCESS, given)
    expectOneError(result, 'ERR_CONFIG_CHAIN_INVALID', whyOf(what))
    expect(result.stderr).toContain('"CN=odd"')
  })

  it('beside a good pair in a folder is passed over', async () => {
    const pairs = join(folder, 'pairs')
    mkdirSync(pairs)
    file('pairs/1-odd.pem', await oddCertificate(world.authority, what))
    const good = await world.authority.issue({ subject: 'CN=good' })
    file('pairs/2-good.pem', good.certificatePem + good.privateKeyPem)
    const result = await run(CREDENTIAL_PROCESS, ['--certificate', pairs])
    expect(result).toMatchObject({ exitCode: 0, stderr: '' })
  })
})

it.each(['GOST R 34.10-2012', 'a last day that is none'] as const)(
  'serve does not begin with a leaf with %s, nor with such a chain',
  async (what) => {
    const asLeaf = await run(SERVE, pair(await oddPair(world.authority, what)))
    expectOneError(asLeaf, 'ERR_CONFIG_CERTIFICATE_INVALID', whyOf(what))
    const { leaf, intermediatePem } = await leafBelowOddAuthority(world.authority, what)
    const given = [...pair(leaf), '--intermediates', file('chain.pem', intermediatePem)]
    expectOneError(await run(SERVE, given), 'ERR_CONFIG_CHAIN_INVALID', whyOf(what))
  },
)

it.each(ALL_ODDITIES)('the doctor says of a leaf with %s what is wrong with it', async (what) => {
  const result = await run(['doctor'], pair(await oddPair(world.authority, what)))
  expect(result.exitCode).toBe(3)
  expect(result.stdout.toString()).toContain(whyOf(what))
})

describe('a bundle of certification authorities', () => {
  let secure: World
  beforeAll(async () => {
    secure = await createWorld({ tls: true })
  })
  afterAll(async () => {
    await secure[Symbol.asyncDispose]()
  })

  it.each(ALL_ODDITIES)(
    'may hold a certificate with %s beside the one that counts',
    async (what) => {
      const odd = await oddCertificate(secure.authority, what)
      const connect = (bundle: string): Promise<CliResult> =>
        runCli(
          [...CREDENTIAL_PROCESS, '--profile', 'onprem', '--ca-bundle', file('ca.pem', bundle)],
          {
            env: secure.env,
          },
        )
      expect(await connect(odd + (secure.emulator.caPem ?? ''))).toMatchObject({ exitCode: 0 })
      const alone = await connect(odd)
      expect(alone.exitCode).toBe(6)
      expect(alone.stderr).toContain('[ERR_NETWORK_TLS')
    },
  )
})
