/**
 * From settings to output, in this process: what each command prints, and how it ends. What needs a
 * process of its own (signals, terminals, descriptors) is in test/cli.
 *
 * @module
 */

import { verify, X509Certificate } from 'node:crypto'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ARN_FLAGS, openStage, type Stage, type StagedIdentity } from '../../support/cli-stage.ts'
import { runMain } from '../../support/fake-system.ts'
import { VERSION } from '../../../src/core/version.ts'

let stage: Stage
let client: StagedIdentity
let session: readonly string[]
let requestsSoFar: () => number

beforeAll(async () => {
  stage = await openStage()
  client = await stage.issue('client')
  const emulator = await stage.emulate()
  session = [...client.flags, ...ARN_FLAGS, '--endpoint', emulator.url]
  requestsSoFar = () => emulator.requestCount
})

afterAll(async () => {
  await stage[Symbol.asyncDispose]()
})

/** The emulator has the real clock. */
const NOW = { clock: Date.now }

describe('credential-process', () => {
  it('prints one JSON object of Version 1', async () => {
    const { exitCode, stdout, stderr } = await runMain(['credential-process', ...session], NOW)
    expect([exitCode, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(/^\{[^\n]*\}\n$/u)
    expect(JSON.parse(stdout)).toMatchObject({
      Version: 1,
      AccessKeyId: expect.stringMatching(/^ASIA/u) as string,
    })
  })

  it('shares credentials by its cache, which can be listed and cleared', async () => {
    const cache = ['--cache-dir', join(stage.folder, 'cache')]
    const asked = requestsSoFar()
    const argv = ['credential-process', ...session, '--cache', ...cache]
    const results = [await runMain(argv, NOW), await runMain(argv, NOW)]
    expect(results[1]?.stdout).toBe(results[0]?.stdout)
    expect(requestsSoFar() - asked).toBe(1)
    const listed = await runMain(['cache', 'list', ...cache], NOW)
    expect(JSON.parse(listed.stdout)).toMatchObject({ expired: false })
    expect((await runMain(['cache', 'clear', ...cache])).stdout).toBe('{"removed":1}\n')
    expect((await runMain(['cache', 'list', ...cache])).stdout).toBe('')
  })
})

describe('env', () => {
  it('prints lines for the shell that is asked for', async () => {
    const { stdout } = await runMain(['env', ...session, '--shell', 'fish'], NOW)
    expect(stdout).toMatch(/^set -e AWS_PROFILE\n/u)
    expect(stdout).toMatch(/^set -gx AWS_ACCESS_KEY_ID 'ASIA\w+'$/mu)
    expect(stdout).toMatch(/^set -gx AWS_REGION 'eu-central-1'$/mu)
  })
})

describe('sign-string', () => {
  it('prints a signature that the public key verifies', async () => {
    const message = Buffer.from('a message')
    const argv = ['sign-string', '--private-key', client.privateKeyPath]
    const { stdout } = await runMain([...argv, '--stdin', '--format', 'text'], {
      readStdin: async () => Promise.resolve(message),
    })
    const { publicKey } = new X509Certificate(client.certificatePem)
    expect(verify('sha256', message, publicKey, Buffer.from(stdout, 'hex'))).toBe(true)
  })
})

describe('read-certificate-data', () => {
  it('prints what AWS will see', async () => {
    const argv = ['read-certificate-data', '--certificate', client.certificatePath]
    const { raw } = new X509Certificate(client.certificatePem)
    expect(JSON.parse((await runMain(argv)).stdout)).toMatchObject({
      certificateData: raw.toString('base64'),
    })
  })
})

describe('version', () => {
  it('prints that of the package', async () => {
    expect((await runMain(['version'])).stdout).toBe(`${VERSION}\n`)
    expect((await runMain(['-V'])).stdout).toBe(`${VERSION}\n`)
  })
})

describe('settings', () => {
  it('that are known by now are shown with --debug, each with its place', async () => {
    const env = { HOME: '/nonexistent', ROLESANYWHERE_LOG_FORMAT: 'json' }
    const argv = ['read-certificate-data', '--certificate', client.certificatePath, '--debug']
    const { stderr } = await runMain(argv, { env })
    const lines = stderr.trimEnd().split('\n')
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      expect.objectContaining({ name: 'certificate', origin: '--certificate' }),
      expect.objectContaining({ name: 'debug', origin: '--debug', value: 'true' }),
      expect.objectContaining({ name: 'logFormat', origin: 'ROLESANYWHERE_LOG_FORMAT' }),
    ])
  })

  it('that cannot be read are reported in the form that the flags ask for', async () => {
    const { exitCode, stderr } = await runMain(['env', '--log-format=json', '--region', 'x y'])
    expect(exitCode).toBe(2)
    expect(JSON.parse(stderr)).toMatchObject({ level: 'error', code: 'ERR_USAGE_INVALID_VALUE' })
  })
})
