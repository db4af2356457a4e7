/**
 * Unmodified AWS clients that use what our executable gives them: the stand-in for STS recomputes every
 * signature with the secret that the emulator issued.
 *
 * @module
 */

import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { demand, hasProgram } from '../support/capabilities.ts'
import { openStage, type Stage } from '../support/cli-stage.ts'
import { PROFILE_ARN, ROLE_ARN, TRUST_ANCHOR_ARN } from '../support/pki-request.ts'
import { PROGRAM } from '../support/run-cli.ts'
import { startStsStandIn, type StsStandIn } from '../support/sts-stand-in.ts'

const run = promisify(execFile)
const PYTHON = '/usr/bin/python3'
const CHAINED = 'arn:aws:iam::444455556666:role/chained'

const succeeds = async (program: string, args: readonly string[]): Promise<boolean> =>
  run(program, args).then(
    () => true,
    () => false,
  )
const hasAws = hasProgram('aws')
const hasBoto3 = demand(await succeeds(PYTHON, ['-c', 'import boto3']), 'boto3')
/** Older clients know no endpoint by environment, and would call AWS itself for a chained role. */
const knowsEndpoints = hasAws && (await clientKnowsEndpoints())

let stage: Stage
let sts: StsStandIn
let env: Record<string, string>

beforeAll(async () => {
  stage = await openStage()
  sts = await startStsStandIn({ roles: [{ arn: CHAINED, externalId: 'a-word' }] })
  const { url } = await stage.emulate({ onSession: sts.onSession })
  const { certificatePath, privateKeyPath } = await stage.issue('leaf', { subject: 'CN=client' })
  const config = stage.write(
    'config',
    `[profile onprem]
region = eu-central-1
credential_process = ${PROGRAM.map((part) => `"${part}"`).join(' ')} credential-process --profile onprem
rolesanywhere_certificate = ${certificatePath}
rolesanywhere_private_key = ${privateKeyPath}
rolesanywhere_trust_anchor_arn = ${TRUST_ANCHOR_ARN}
rolesanywhere_profile_arn = ${PROFILE_ARN}
rolesanywhere_role_arn = ${ROLE_ARN}
rolesanywhere_endpoint = ${url}

[profile chained]
region = eu-central-1
role_arn = ${CHAINED}
role_session_name = hop
external_id = a-word
duration_seconds = 900
source_profile = onprem

[profile refused]
region = eu-central-1
role_arn = ${CHAINED}
external_id = another
source_profile = onprem
`,
  )
  env = {
    PATH: process.env['PATH'] ?? '',
    HOME: stage.folder,
    AWS_CONFIG_FILE: config,
    AWS_SHARED_CREDENTIALS_FILE: stage.write('credentials', ''),
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_ENDPOINT_URL_STS: sts.url,
    AWS_MAX_ATTEMPTS: '1',
  }
})

afterAll(async () => {
  await sts[Symbol.asyncDispose]()
  await stage[Symbol.asyncDispose]()
})

const IDENTITY = /^arn:aws:sts::111122223333:assumed-role\/example\/[0-9a-f]+$/

describe.skipIf(!hasAws)('the AWS CLI', { timeout: 120_000 }, () => {
  it('is who the certificate says', async () => {
    const args = ['sts', 'get-caller-identity', '--profile', 'onprem', '--output', 'json']
    const { stdout } = await run('aws', [...args, '--endpoint-url', sts.url], { env })
    expect((JSON.parse(stdout) as { Arn: string }).Arn).toMatch(IDENTITY)
    expect(sts.calls.at(-1)).toMatchObject({ outcome: 'ok', region: 'eu-central-1' })
  })

  it('assumes a role, and is refused one with a wrong external id', async () => {
    const assume = (externalId: string): Promise<{ stdout: string }> =>
      run(
        'aws',
        [
          ...['sts', 'assume-role', '--profile', 'onprem', '--endpoint-url', sts.url],
          ...['--role-arn', CHAINED, '--role-session-name', 'cli', '--external-id', externalId],
          ...['--tags', 'Key=team,Value=web', '--transitive-tag-keys', 'team'],
          ...['--policy-arns', 'arn=arn:aws:iam::aws:policy/ReadOnlyAccess', '--output', 'json'],
        ],
        { env },
      )
    const { stdout } = await assume('a-word')
    expect(JSON.parse(stdout)).toMatchObject({
      AssumedRoleUser: { Arn: 'arn:aws:sts::444455556666:assumed-role/chained/cli' },
      SourceIdentity: 'CN=client',
    })
    expect(sts.calls.at(-1)?.assumeRole).toMatchObject({
      tags: new Map([['team', 'web']]),
      transitiveTagKeys: ['team'],
      policyArns: ['arn:aws:iam::aws:policy/ReadOnlyAccess'],
    })
    await expect(assume('another')).rejects.toThrow(
      /AccessDenied.*not authorized to perform: sts:AssumeRole/,
    )
  })

  it.skipIf(!knowsEndpoints)(
    'chains by `source_profile`, given nothing but AWS_ENDPOINT_URL_STS',
    async () => {
      const identity = (profile: string): Promise<{ stdout: string }> =>
        run('aws', ['sts', 'get-caller-identity', '--profile', profile, '--output', 'json'], {
          env,
        })
      const { stdout } = await identity('chained')
      expect((JSON.parse(stdout) as { Arn: string }).Arn).toBe(
        'arn:aws:sts::444455556666:assumed-role/chained/hop',
      )
      const assumed = sts.calls.findLast(({ action }) => action === 'AssumeRole')
      expect(assumed?.assumeRole).toMatchObject({ externalId: 'a-word', durationSeconds: 900 })
      await expect(identity('refused')).rejects.toThrow(/AccessDenied/)
    },
  )
})

describe.skipIf(!hasBoto3)('boto3', { timeout: 120_000 }, () => {
  it('is who the certificate says, and who it becomes', async () => {
    const script = `
import boto3, json, sys
url = sys.argv[1]
first = boto3.Session(profile_name='onprem').client('sts', endpoint_url=url)
assumed = first.assume_role(RoleArn='${CHAINED}', RoleSessionName='py', ExternalId='a-word')['Credentials']
second = boto3.client('sts', endpoint_url=url, region_name='eu-central-1',
    aws_access_key_id=assumed['AccessKeyId'], aws_secret_access_key=assumed['SecretAccessKey'],
    aws_session_token=assumed['SessionToken'])
print(json.dumps([c.get_caller_identity()['Arn'] for c in (first, second)]))
`
    const { stdout } = await run(PYTHON, ['-c', script, sts.url], { env })
    expect(JSON.parse(stdout)).toEqual([
      expect.stringMatching(IDENTITY),
      'arn:aws:sts::444455556666:assumed-role/chained/py',
    ])
  })
})

/** AWS CLI from 2.13 and 1.29 (2023) on. */
async function clientKnowsEndpoints(): Promise<boolean> {
  const { stdout } = await run('aws', ['--version'])
  const [, major = 0, minor = 0] = (/aws-cli\/(\d+)\.(\d+)/.exec(stdout) ?? []).map(Number)
  return major === 2 ? minor >= 13 : minor >= 29
}
