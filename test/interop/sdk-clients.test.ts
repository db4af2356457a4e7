/**
 * Unmodified AWS clients, given nothing but a profile whose `credential_process` is our executable.
 *
 * @module
 */

import { execFile } from 'node:child_process'
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startEmulator, type Emulator } from '../../src/emulator/emulator.ts'
import { createAuthority } from '../../src/emulator/throwaway-pki.ts'
import { fromRolesAnywhere } from '../../src/index.ts'
import { hasProgram, hasPythonModule, PYTHON } from '../support/capabilities.ts'
import { PROGRAM } from '../support/run-cli.ts'

const ARN = 'arn:aws:rolesanywhere:eu-central-1:111122223333'
const run = promisify(execFile)
const hasAws = hasProgram('aws')
const hasBoto3 = hasPythonModule('boto3')

let folder: string
let emulator: Emulator
let env: Record<string, string>

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'interop-'))
  const authority = await createAuthority()
  const leaf = await authority.issue({ keyType: 'ec', subject: 'CN=interop' })
  emulator = await startEmulator({
    trustAnchors: authority.certificatePem,
    clock: Date.now,
    tls: true,
  })
  const write = (name: string, text: string): string => {
    const path = join(folder, name)
    writeFileSync(path, text, { mode: 0o600 })
    return path
  }
  const config = write(
    'config',
    `[profile onprem]
region = eu-central-1
credential_process = ${PROGRAM.map((part) => `"${part}"`).join(' ')} credential-process --profile onprem
rolesanywhere_certificate = ${write('leaf.pem', leaf.certificatePem)}
rolesanywhere_private_key = ${write('leaf.key', leaf.privateKeyPem)}
rolesanywhere_trust_anchor_arn = ${ARN}:trust-anchor/11111111-2222-3333-4444-555555555555
rolesanywhere_profile_arn = ${ARN}:profile/11111111-2222-3333-4444-555555555555
rolesanywhere_role_arn = arn:aws:iam::111122223333:role/interop
rolesanywhere_endpoint = ${emulator.url}
rolesanywhere_ca_bundle = ${write('ca.pem', emulator.caPem ?? '')}
`,
  )
  env = { PATH: process.env['PATH'] ?? '', HOME: folder, AWS_CONFIG_FILE: config }
})

afterAll(async () => {
  await emulator.close()
  rmSync(folder, { recursive: true, force: true })
})

describe('a profile with our credential_process', () => {
  it.skipIf(!hasAws)('lets the AWS CLI sign a request with the credentials', async () => {
    const sts = await startSts()
    try {
      const { stdout } = await run(
        'aws',
        ['sts', 'get-caller-identity', '--profile', 'onprem', '--endpoint-url', sts.url],
        { env },
      )
      expect(JSON.parse(stdout)).toMatchObject({ Account: '111122223333' })
      const headers = sts.seen[0]
      expect(headers?.authorization).toMatch(/Credential=ASIA[A-Z0-9]{16}\//u)
      expect(headers?.['x-amz-security-token']).toMatch(/.{100,}/u)
    } finally {
      sts.server.close()
    }
  })

  it.skipIf(!hasBoto3)('gives boto3 complete credentials that it will refresh', async () => {
    const { stdout } = await run(PYTHON, ['-c', BOTO3_PROGRAM], { env })
    const found = JSON.parse(stdout) as Record<string, string>
    expect(found['method']).toBe('custom-process')
    expect(found['access_key']).toMatch(/^ASIA[A-Z0-9]{16}$/u)
    expect(found['secret_key']).toMatch(/^\S{40}$/u)
    expect(found['token']).toMatch(/^\S{100,}$/u)
    expect(Number(found['seconds_left'])).toBeGreaterThan(3500)
  })

  it('gives the AWS SDK for JavaScript complete credentials with account and expiry', async () => {
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', JS_PROGRAM], {
      env,
      cwd: join(import.meta.dirname, '../..'),
    })
    const found = JSON.parse(stdout) as Record<string, string>
    expect(found['accessKeyId']).toMatch(/^ASIA[A-Z0-9]{16}$/u)
    expect(found['secretAccessKey']).toMatch(/^\S{40}$/u)
    expect(found['sessionToken']).toMatch(/^\S{100,}$/u)
    expect(found['accountId']).toBe('111122223333')
    expect(Date.parse(found['expiration'] ?? '')).toBeGreaterThan(Date.now() + 3500_000)
  })
})

describe('the library', () => {
  it('is a credential provider that an SDK client signs with', async () => {
    const sts = await startSts()
    try {
      const client = new STSClient({
        region: 'eu-central-1',
        endpoint: sts.url,
        credentials: fromRolesAnywhere({
          trustAnchorArn: `${ARN}:trust-anchor/11111111-2222-3333-4444-555555555555`,
          profileArn: `${ARN}:profile/11111111-2222-3333-4444-555555555555`,
          roleArn: 'arn:aws:iam::111122223333:role/interop',
          certificate: join(folder, 'leaf.pem'),
          privateKey: join(folder, 'leaf.key'),
          endpoint: emulator.url,
          caBundle: join(folder, 'ca.pem'),
        }),
      })
      const before = emulator.requestCount
      await client.send(new GetCallerIdentityCommand())
      await client.send(new GetCallerIdentityCommand())
      expect(emulator.requestCount - before).toBe(1)
      expect(sts.seen).toHaveLength(2)
      expect(sts.seen[0]?.authorization).toMatch(/Credential=ASIA[A-Z0-9]{16}\//u)
      client.destroy()
    } finally {
      sts.server.close()
    }
  })

  it('refuses options that cannot work before anything is asked for', () => {
    expect(() =>
      fromRolesAnywhere({
        trustAnchorArn: `${ARN}:profile/x`,
        profileArn: `${ARN}:profile/x`,
        roleArn: 'arn:aws:iam::111122223333:role/interop',
        certificate: 'leaf.pem',
      }),
    ).toThrow(expect.objectContaining({ code: 'ERR_CONFIG_ARN_INVALID' }))
  })
})

const JS_PROGRAM = `
import { fromProcess } from '@aws-sdk/credential-provider-process'
console.log(JSON.stringify(await fromProcess({ profile: 'onprem' })()))
`

const BOTO3_PROGRAM = `
import boto3, datetime, json
credentials = boto3.Session(profile_name='onprem').get_credentials()
frozen = credentials.get_frozen_credentials()
left = credentials._expiry_time - datetime.datetime.now(datetime.timezone.utc)
print(json.dumps({
  'method': credentials.method,
  'access_key': frozen.access_key,
  'secret_key': frozen.secret_key,
  'token': frozen.token,
  'seconds_left': left.total_seconds(),
}))
`

/** Enough of STS to answer one GetCallerIdentity and to keep what the client sent. */
async function startSts(): Promise<{
  server: Server
  url: string
  seen: IncomingHttpHeaders[]
}> {
  const seen: IncomingHttpHeaders[] = []
  const server = createServer((request, response) => {
    seen.push(request.headers)
    request.resume()
    response.setHeader('content-type', 'text/xml')
    response.end(
      `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
        <GetCallerIdentityResult>
          <Arn>arn:aws:sts::111122223333:assumed-role/interop/1</Arn>
          <UserId>AROAEXAMPLE:1</UserId><Account>111122223333</Account>
        </GetCallerIdentityResult>
        <ResponseMetadata><RequestId>00000000-0000-4000-8000-000000000000</RequestId></ResponseMetadata>
      </GetCallerIdentityResponse>`,
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { server, seen, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}
