/**
 * Unmodified AWS clients against `serve`: through IMDSv2, and through the container endpoint.
 *
 * @module
 */

import { execFile, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { fromHttp } from '@aws-sdk/credential-provider-http'
import { fromInstanceMetadata } from '@smithy/credential-provider-imds'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { parseFault } from '../../src/emulator/faults.ts'
import { demand, hasProgram, hasPythonModule, PYTHON } from '../support/capabilities.ts'
import { FakedClock, hasFaketime } from '../support/faked-clock.ts'
import { createWorld, startServe, type Running, type World } from '../support/long-running.ts'

const run = promisify(execFile)
const RUBY = '/usr/bin/ruby'
const succeeds = (program: string, args: readonly string[]): Promise<boolean> =>
  run(program, args).then(
    () => true,
    () => false,
  )
const hasAws = hasProgram('aws')
const hasBoto3 = hasPythonModule('boto3')
const hasRuby = demand(await succeeds(RUBY, ['-e', 'require "aws-sdk-core"']), 'ruby-aws-sdk-core')

let world: World
let serving: Running
let imds: Record<string, string>
let container: Record<string, string>

beforeAll(async () => {
  world = await createWorld()
  serving = await startServe(world, ['--profile', 'onprem'])
  await serving.until(/AWS_EC2_METADATA_SERVICE_ENDPOINT=.*\n/)
  const { AWS_EC2_METADATA_SERVICE_ENDPOINT, ...forContainer } = serving.exported
  const base = {
    PATH: process.env['PATH'] ?? '',
    HOME: `${world.folder}/empty`,
    AWS_REGION: 'eu-central-1',
    AWS_DEFAULT_REGION: 'eu-central-1',
  }
  imds = { ...base, AWS_EC2_METADATA_SERVICE_ENDPOINT: AWS_EC2_METADATA_SERVICE_ENDPOINT ?? '' }
  const tokenFile = forContainer['AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE'] ?? ''
  container = {
    ...base,
    ...forContainer,
    // boto3 of Debian 12 (1.26) does not know the file yet; who does prefers it.
    AWS_CONTAINER_AUTHORIZATION_TOKEN: readFileSync(tokenFile, 'utf8'),
  }
})
afterAll(async () => {
  await serving[Symbol.asyncDispose]()
  await world[Symbol.asyncDispose]()
})

const WAYS = [
  ['IMDSv2', () => imds, 'iam-role'],
  ['the container endpoint', () => container, 'container-role'],
] as const

describe.skipIf(!hasAws)('the AWS CLI', () => {
  it.each(WAYS)('takes credentials through %s', async (_way, env, method) => {
    const { stdout } = await run('aws', ['configure', 'list'], { env: env() })
    expect(stdout).toMatch(new RegExp(`access_key[\\s:]+\\**[A-Z0-9]{4}[\\s:]+${method}`))
  })
})

describe.skipIf(!hasBoto3)('boto3', () => {
  it.each(WAYS)('takes credentials that it will refresh through %s', async (_way, env, method) => {
    const { stdout } = await run(PYTHON, ['-c', BOTO3_PROGRAM], { env: env() })
    const found = JSON.parse(stdout) as Record<string, string>
    expect(found).toMatchObject({ method })
    expect(found['access_key']).toMatch(/^ASIA[A-Z0-9]{16}$/)
    expect(found['token']).toMatch(/^\S{100,}$/)
    // botocore stretches what ends too soon; ours never does.
    expect(Number(found['seconds_left'])).toBeGreaterThan(3500)
    expect(Number(found['seconds_left'])).toBeLessThanOrEqual(3600)
  })
})

/** An hour in steps of a minute; each line on standard input is answered by the key that would sign now. */
const BOTO3_LOOP = `
import boto3, sys
c = boto3.Session().get_credentials()
for line in sys.stdin:
  print(c.get_frozen_credentials().access_key, flush=True)
`

describe.skipIf(!hasBoto3 || !hasFaketime)('boto3 over sessions of 15 minutes', () => {
  it('never signs with a key that has expired, and has a new one more than a minute before', async () => {
    using time = new FakedClock('time')
    let passed = 0
    const now = (): number => Date.now() + passed * 1000
    await using short = await createWorld({
      clock: now,
      faults: [parseFault('expires-in=900')],
    })
    await using served = await startServe(short, ['--profile', 'onprem'], time.env)
    await served.until(/AWS_EC2_METADATA_SERVICE_ENDPOINT=.*\n/)
    const { AWS_EC2_METADATA_SERVICE_ENDPOINT: address = '' } = served.exported
    const env = { ...imds, ...time.env, AWS_EC2_METADATA_SERVICE_ENDPOINT: address }
    const client = spawn(PYTHON, ['-c', BOTO3_LOOP], { env, stdio: ['pipe', 'pipe', 'inherit'] })
    const answers = createInterface(client.stdout)[Symbol.asyncIterator]()
    const ends = new Map<string, number>()
    const used = new Set<string>()
    try {
      for (; passed < 3600; passed += 60) {
        time.move(passed === 0 ? 0 : 60)
        await vi.waitFor(
          async () => {
            const { key, end } = await sessionAt(address)
            ends.set(key, end)
            expect(end - now()).toBeGreaterThan(600_000)
          },
          { timeout: 20_000, interval: 50 },
        )
        client.stdin.write('\n')
        const { value: key = '' } = (await answers.next()) as { value?: string }
        used.add(key)
        // Until the next look.
        expect((ends.get(key) ?? 0) - now()).toBeGreaterThan(60_000)
      }
    } finally {
      client.kill()
    }
    expect(used.size).toBeGreaterThanOrEqual(4)
  })
})

/** What IMDSv2 hands out. */
async function sessionAt(address: string): Promise<{ readonly key: string; readonly end: number }> {
  const token = await fetch(new URL('latest/api/token', address), {
    method: 'PUT',
    headers: { 'x-aws-ec2-metadata-token-ttl-seconds': '60' },
  })
  const headers = { 'x-aws-ec2-metadata-token': await token.text() }
  const roles = new URL('latest/meta-data/iam/security-credentials/', address)
  const role = await (await fetch(roles, { headers })).text()
  const answer = (await (await fetch(new URL(role, roles), { headers })).json()) as {
    readonly AccessKeyId: string
    readonly Expiration: string
  }
  return { key: answer.AccessKeyId, end: Date.parse(answer.Expiration) }
}

const BOTO3_PROGRAM = `
import boto3, json
from datetime import datetime, timezone
c = boto3.Session().get_credentials()
f = c.get_frozen_credentials()
print(json.dumps({'method': c.method, 'access_key': f.access_key, 'token': f.token,
  'seconds_left': (c._expiry_time - datetime.now(timezone.utc)).total_seconds()}))
`

describe.skipIf(!hasRuby)('the AWS SDK for Ruby', () => {
  // 3.168 takes host and port apart, and knows no full URI for containers.
  it('takes credentials through IMDSv2', async () => {
    const { port } = new URL(imds['AWS_EC2_METADATA_SERVICE_ENDPOINT'] ?? '')
    const program = `
      require "aws-sdk-core"
      c = Aws::InstanceProfileCredentials.new(endpoint: "http://127.0.0.1:${port}", port: ${port}, retries: 0)
      puts c.credentials.access_key_id, c.expiration.to_i
    `
    const { stdout } = await run(RUBY, ['-e', program], { env: imds })
    const [key, expiration] = stdout.split('\n')
    expect(key).toMatch(/^ASIA[A-Z0-9]{16}$/)
    expect(Number(expiration) * 1000).toBeGreaterThan(Date.now() + 3_500_000)
  })
})

describe('the AWS SDK for JavaScript', () => {
  const COMPLETE = {
    accessKeyId: expect.stringMatching(/^ASIA[A-Z0-9]{16}$/) as string,
    secretAccessKey: expect.stringMatching(/^\S{40}$/) as string,
    sessionToken: expect.stringMatching(/^\S{100,}$/) as string,
  }

  it('takes credentials through IMDSv2', async () => {
    process.env['AWS_EC2_METADATA_SERVICE_ENDPOINT'] = imds['AWS_EC2_METADATA_SERVICE_ENDPOINT']
    try {
      const credentials = await fromInstanceMetadata({ maxRetries: 0 })()
      expect(credentials).toMatchObject(COMPLETE)
      expect(credentials.expiration?.getTime()).toBeGreaterThan(Date.now() + 3_500_000)
    } finally {
      delete process.env['AWS_EC2_METADATA_SERVICE_ENDPOINT']
    }
  })

  it('takes credentials through the container endpoint', async () => {
    const credentials = await fromHttp({
      awsContainerCredentialsFullUri: container['AWS_CONTAINER_CREDENTIALS_FULL_URI'] ?? '',
      awsContainerAuthorizationTokenFile: container['AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE'] ?? '',
    })()
    expect(credentials).toMatchObject(COMPLETE)
  })
})
