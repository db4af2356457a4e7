/**
 * `credential-process` as a caller sees it: exactly one JSON object, by whatever way it was set up.
 *
 * @module
 */

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { openSync, closeSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Emulator } from '../../src/emulator/emulator.ts'
import { ARN_FLAGS, credentialsIn, openStage, replacing } from '../support/cli-stage.ts'
import type { Stage, StagedIdentity } from '../support/cli-stage.ts'
import { PROFILE_ARN, ROLE_ARN, TRUST_ANCHOR_ARN } from '../support/pki-request.ts'
import { EXECUTABLE, ONE_FILE, PROGRAM, runCli } from '../support/run-cli.ts'

let stage: Stage
let emulator: Emulator
let client: StagedIdentity
/** A command line that works. */
let command: readonly string[]

beforeAll(async () => {
  stage = await openStage()
  emulator = await stage.emulate()
  client = await stage.issue('client', { keyType: 'rsa', subject: 'CN=client' })
  command = ['credential-process', ...client.flags, ...ARN_FLAGS, '--endpoint', emulator.url]
})

afterAll(async () => {
  await stage[Symbol.asyncDispose]()
})

describe('the answer', () => {
  it('is one JSON object with whole seconds in UTC and the account of the role', async () => {
    const before = Date.now()
    const result = await runCli(command)
    const credentials = credentialsIn(result)
    expect(credentials).toEqual({
      Version: 1,
      AccessKeyId: expect.stringMatching(/^ASIA[A-Z0-9]{16}$/u) as string,
      SecretAccessKey: expect.stringMatching(/^\S{40}$/u) as string,
      SessionToken: expect.stringMatching(/^\S{100,}$/u) as string,
      Expiration: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/u) as string,
      AccountId: '111122223333',
    })
    const lifetime = Date.parse(String(credentials['Expiration'])) - before
    expect(lifetime).toBeGreaterThan(3_590_000)
    expect(lifetime).toBeLessThan(3_620_000)
    expect(result.stderr).toBe('')
  })

  it.each(['P-256', 'P-384', 'P-521'] as const)('comes for a key on %s', async (curve) => {
    const { flags } = await stage.issue(`client-${curve}`, { keyType: 'ec', curve })
    const args = ['credential-process', ...flags, ...ARN_FLAGS, '--endpoint', emulator.url]
    expect(credentialsIn(await runCli(args))).toMatchObject({ Version: 1 })
  })

  it('comes through a full chain in one file, with leaf, root and key in any order', async () => {
    const issuing = await stage.authority.issueAuthority({ subject: 'CN=Issuing CA' })
    const leaf = await issuing.issue({ subject: 'CN=below' })
    const bundle = [stage.authority, issuing, leaf].map((one) => one.certificatePem)
    const path = stage.write('bundle.pem', [...bundle, leaf.privateKeyPem].join(''))
    const args = ['credential-process', '--certificate', path, ...ARN_FLAGS]
    expect(credentialsIn(await runCli([...args, '--endpoint', emulator.url]))).toBeDefined()
    expect(emulator.requests.at(-1)?.verdict).toMatchObject({
      kind: 'accepted',
      subject: 'CN=below',
    })
  })
})

describe('settings', () => {
  it('come from the environment alone', async () => {
    const env = {
      ROLESANYWHERE_CERTIFICATE: client.certificatePath,
      ROLESANYWHERE_PRIVATE_KEY: client.privateKeyPath,
      ROLESANYWHERE_TRUST_ANCHOR_ARN: TRUST_ANCHOR_ARN,
      ROLESANYWHERE_PROFILE_ARN: PROFILE_ARN,
      ROLESANYWHERE_ROLE_ARN: ROLE_ARN,
      AWS_ENDPOINT_URL_ROLESANYWHERE: emulator.url,
    }
    expect(credentialsIn(await runCli(['credential-process'], { env }))).toBeDefined()
  })

  it('come from an AWS profile, whose values a flag overrules', async () => {
    const role = 'arn:aws:iam::111122223333:role/from-profile'
    const config = stage.write(
      'config',
      `[profile onprem]
rolesanywhere_certificate = ${client.certificatePath}
rolesanywhere_private_key = ${client.privateKeyPath}
rolesanywhere_trust_anchor_arn = ${TRUST_ANCHOR_ARN}
rolesanywhere_profile_arn = ${PROFILE_ARN}
rolesanywhere_role_arn = ${role}
rolesanywhere_endpoint = ${emulator.url}
`,
    )
    const env = { AWS_CONFIG_FILE: config }
    const byProfile = ['credential-process', '--profile', 'onprem']
    credentialsIn(await runCli(byProfile, { env }))
    expect(emulator.requests.at(-1)?.verdict).toMatchObject({ roleArn: role })
    credentialsIn(await runCli([...byProfile, '--role-arn', ROLE_ARN], { env }))
    expect(emulator.requests.at(-1)?.verdict).toMatchObject({ roleArn: ROLE_ARN })
  })

  it('leave the duration to the profile unless asked', async () => {
    // Had any default been sent, the emulator would have applied it: 12 hours are its profile's.
    const generous = await stage.emulate({ profileDuration: 43_200, maxSessionDuration: 43_200 })
    const args = replacing(command, '--endpoint', generous.url)
    expect(secondsLeft(await runCli(args))).toBeGreaterThan(43_000)
    expect(secondsLeft(await runCli([...args, '--session-duration', '900']))).toBeLessThan(901)
  })

  it('put the three ARNs and what was asked for into the body, and nothing else', async () => {
    const bodies: unknown[] = []
    const server = createServer((request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        bodies.push([request.url, JSON.parse(Buffer.concat(chunks).toString())])
        response.statusCode = 400
        response.end()
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    try {
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
      const args = replacing(command, '--endpoint', url)
      await runCli(args)
      await runCli([...args, '--session-duration', '1800', '--role-session-name', 'me'])
    } finally {
      server.close()
    }
    const arns = { trustAnchorArn: TRUST_ANCHOR_ARN, profileArn: PROFILE_ARN, roleArn: ROLE_ARN }
    expect(bodies).toEqual([
      ['/sessions', arns],
      ['/sessions', { ...arns, durationSeconds: 1800, roleSessionName: 'me' }],
    ])
  })

  it('name the role session where the profile accepts that', async () => {
    const accepting = await stage.emulate({ acceptRoleSessionName: true })
    const args = [
      ...replacing(command, '--endpoint', accepting.url),
      '--role-session-name',
      'nightly',
    ]
    credentialsIn(await runCli(args))
    expect(accepting.requests[0]?.verdict).toMatchObject({
      sessionArn: 'arn:aws:sts::111122223333:assumed-role/example/nightly',
    })
  })
})

describe('the reference helper', () => {
  it('can be replaced by a link of its name, with its flags', async () => {
    const link = join(stage.folder, 'aws_signing_helper')
    symlinkSync(ONE_FILE ?? EXECUTABLE, link)
    const args = [...command, '--with-proxy', '--debug=false', '--region', 'eu-central-1']
    const result = await runCli(args, { launcher: [link] })
    expect(credentialsIn(result)).toMatchObject({ Version: 1 })
    expect(result.stderr).toBe('')
  })
})

describe('stderr', () => {
  it('shows each step with --debug', async () => {
    const { stderr } = await runCli([...command, '--debug'])
    const lines = stderr.trimEnd().split('\n')
    expect(lines.every((line) => line.startsWith('rolesanywhere: debug: '))).toBe(true)
    const steps = lines.map((line) => /debug: ([a-z ]+?)(?: \w+=|$)/u.exec(line)?.[1])
    expect([...new Set(steps)]).toEqual(['setting', 'identity loaded', 'sign', 'answer'])
    expect(stderr).toMatch(/ canonicalRequestSha256=[0-9a-f]{64} stringToSignSha256=[0-9a-f]{64}/u)
    expect(stderr).toContain(' status=201 requestId=')
  })

  it('is JSON on each line with --log-format json', async () => {
    const args = [...command, '--debug', '--log-format', 'json', '--no-verify-ssl']
    const { stderr } = await runCli(args)
    const lines = stderr.trimEnd().split('\n')
    const entries = lines.map((line) => JSON.parse(line) as Record<string, unknown>)
    expect(entries.length).toBeGreaterThan(8)
    for (const entry of entries) {
      expect(entry).toMatchObject({
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/u) as string,
        level: expect.stringMatching(/^(?:debug|warning)$/u) as string,
        message: expect.stringMatching(/./u) as string,
      })
    }
  })

  it('has failures as JSON too, even of the command line itself', async () => {
    const { stderr } = await runCli(['credential-process', '--log-format=json', '--region', 'x y'])
    expect(JSON.parse(stderr)).toMatchObject({
      level: 'error',
      code: 'ERR_USAGE_INVALID_VALUE',
    })
  })

  it('being closed takes the credentials from nobody', async () => {
    const launcher = ['sh', '-c', 'exec "$@" 2>&-', 'sh', ...PROGRAM] as const
    const args = [...command, '--debug', '--no-verify-ssl']
    const result = await runCli(args, { launcher: [...launcher] })
    expect(credentialsIn(result)).toMatchObject({ Version: 1 })
  })
})

describe('TLS', () => {
  let secure: Emulator
  let caBundle: string

  beforeAll(async () => {
    secure = await stage.emulate({ tls: true })
    caBundle = stage.write('tls-ca.pem', secure.caPem ?? '')
  })

  it('is verified against the CA bundle that was given, by flag or as for the SDKs', async () => {
    const args = replacing(command, '--endpoint', secure.url)
    credentialsIn(await runCli([...args, '--ca-bundle', caBundle]))
    credentialsIn(await runCli(args, { env: { AWS_CA_BUNDLE: caBundle } }))
  })

  it('is not weakened by NODE_TLS_REJECT_UNAUTHORIZED=0', async () => {
    const env = { NODE_TLS_REJECT_UNAUTHORIZED: '0' }
    const seen = secure.requestCount
    const result = await runCli(replacing(command, '--endpoint', secure.url), { env })
    expect(result.exitCode).toBe(6)
    expect(result.stdout.length).toBe(0)
    expect(result.stderr).toContain('[ERR_NETWORK_TLS]')
    expect(secure.requestCount).toBe(seen)
  })

  it('is not verified with --no-verify-ssl, which warns on every run', async () => {
    for (let run = 0; run < 2; run += 1) {
      const result = await runCli([
        ...replacing(command, '--endpoint', secure.url),
        '--no-verify-ssl',
      ])
      credentialsIn(result)
      expect(result.stderr).toMatch(/^rolesanywhere: warning: TLS certificates are not verified/u)
    }
  })
})

describe('stdout', () => {
  it('that nobody reads any more is an error of its own', async () => {
    const result = await runCli(command, {
      launcher: ['sh', '-c', '{ "$@"; echo $? >&2; } | true', 'sh', ...PROGRAM],
    })
    expect(result.stderr).toMatch(/\[ERR_OUTPUT_UNWRITABLE\]\nhint: .+\n7\n$/u)
  })

  it('on a full disk is one too', async () => {
    const full = openSync('/dev/full', 'w')
    try {
      const result = await runCli(command, { stdout: full })
      expect(result.exitCode).toBe(7)
      expect(result.stderr).toMatch(/\[ERR_OUTPUT_UNWRITABLE\]\nhint: .+\n$/u)
    } finally {
      closeSync(full)
    }
  })
})

function secondsLeft(result: Awaited<ReturnType<typeof runCli>>): number {
  return (Date.parse(String(credentialsIn(result)['Expiration'])) - Date.now()) / 1000
}
