/**
 * Unmodified AWS clients against `serve`: through IMDSv2, and through the container endpoint.
 *
 * @module
 */

import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { fromHttp } from '@aws-sdk/credential-provider-http'
import { fromInstanceMetadata } from '@smithy/credential-provider-imds'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { demand, hasProgram, hasPythonModule, PYTHON } from '../support/capabilities.ts'
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
  test.each(WAYS)('takes credentials through %s', async (_way, env, method) => {
    const { stdout } = await run('aws', ['configure', 'list'], { env: env() })
    expect(stdout).toMatch(new RegExp(`access_key[\\s:]+\\**[A-Z0-9]{4}[\\s:]+${method}`))
  })
})

describe.skipIf(!hasBoto3)('boto3', () => {
  test.each(WAYS)(
    'takes credentials that it will refresh through %s',
    async (_way, env, method) => {
      const { stdout } = await run(PYTHON, ['-c', BOTO3_PROGRAM], { env: env() })
      const found = JSON.parse(stdout) as Record<string, string>
      expect(found).toMatchObject({ method })
      expect(found['access_key']).toMatch(/^ASIA[A-Z0-9]{16}$/)
      expect(found['token']).toMatch(/^\S{100,}$/)
      // botocore stretches what ends too soon; ours never does.
      expect(Number(found['seconds_left'])).toBeGreaterThan(3500)
      expect(Number(found['seconds_left'])).toBeLessThanOrEqual(3600)
    },
  )
})

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
  test('takes credentials through IMDSv2', async () => {
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

  test('takes credentials through IMDSv2', async () => {
    process.env['AWS_EC2_METADATA_SERVICE_ENDPOINT'] = imds['AWS_EC2_METADATA_SERVICE_ENDPOINT']
    try {
      const credentials = await fromInstanceMetadata({ maxRetries: 0 })()
      expect(credentials).toMatchObject(COMPLETE)
      expect(credentials.expiration?.getTime()).toBeGreaterThan(Date.now() + 3_500_000)
    } finally {
      delete process.env['AWS_EC2_METADATA_SERVICE_ENDPOINT']
    }
  })

  test('takes credentials through the container endpoint', async () => {
    const credentials = await fromHttp({
      awsContainerCredentialsFullUri: container['AWS_CONTAINER_CREDENTIALS_FULL_URI'] ?? '',
      awsContainerAuthorizationTokenFile: container['AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE'] ?? '',
    })()
    expect(credentials).toMatchObject(COMPLETE)
  })
})
