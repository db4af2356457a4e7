/**
 * What `configure --print` prints: the script is run by a shell with the real AWS CLI, which checks what it
 * sends by AWS's models; cfn-lint judges the template, a parser of HCL the configuration, and IAM's grammar
 * every trust policy.
 *
 * @module
 */

import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hasProgram } from '../support/capabilities.ts'
import { openStage, type Stage, type StagedIdentity } from '../support/cli-stage.ts'
import { startControlPlane } from '../support/control-plane.ts'
import { problemsOfTrustPolicy } from '../support/iam-policy.ts'
import { PROFILE_ARN, ROLE_ARN, TRUST_ANCHOR_ARN } from '../support/pki-request.ts'
import { CFN_LINT, FROM_PYPI, PYPI_PYTHON } from '../support/pypi-tools.ts'
import { runCli, type CliResult } from '../support/run-cli.ts'

const run = promisify(execFile)
const PCA_ARN =
  'arn:aws:acm-pca:eu-central-1:111122223333:certificate-authority/12345678-1234-1234-1234-123456789012'

let stage: Stage
let client: StagedIdentity
let authority: string

beforeAll(async () => {
  stage = await openStage()
  client = await stage.issue('client', { subject: 'CN=web 1/eu:x.y=z\\+a-b_c@d' })
  authority = stage.write('ca.pem', `what it is\n${stage.authority.certificatePem}`)
})

afterAll(async () => {
  await stage[Symbol.asyncDispose]()
})

async function print(form: string, ...flags: readonly string[]): Promise<CliResult> {
  return await runCli(['configure', '--print', form, ...flags])
}

async function printed(form: string, ...flags: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await print(form, ...flags)
  expect([exitCode, stderr]).toEqual([0, ''])
  return stdout.toString()
}

const bundle = (): readonly string[] => [
  ...['--trust-anchor', authority, '--certificate', client.certificatePath],
  ...['--profile', 'on.prem'],
]

/** What each form is to say in each of the two ways to vouch for certificates. */
const SOURCES = [
  ['a bundle', bundle],
  ['AWS Private CA', (): readonly string[] => ['--pca-arn', PCA_ARN]],
] as const

const TRUST_POLICY = {
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Principal: { Service: 'rolesanywhere.amazonaws.com' },
      Action: ['sts:AssumeRole', 'sts:TagSession', 'sts:SetSourceIdentity'],
      Condition: {
        ArnEquals: { 'aws:SourceArn': TRUST_ANCHOR_ARN },
        StringEquals: { 'aws:PrincipalTag/x509Subject/CN': 'web 1/eu:x.y=z+a-b_c@d' },
      },
    },
  ],
}

describe.skipIf(!hasProgram('aws'))('configure --print aws-cli', () => {
  const environment = (url: string): Record<string, string> => ({
    PATH: process.env['PATH'] ?? '',
    HOME: stage.folder,
    AWS_ACCESS_KEY_ID: 'AKIA',
    AWS_SECRET_ACCESS_KEY: 'secret',
    AWS_DEFAULT_REGION: 'eu-central-1',
    AWS_ENDPOINT_URL: url,
  })

  it('makes trust anchor, role and profile, and says how to go on', async () => {
    await using aws = await startControlPlane()
    const script = stage.write('setup.sh', await printed('aws-cli', ...bundle()))
    const policy = 'arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess'
    const env = { ...environment(aws.url), PERMISSION_POLICY_ARN: policy }
    const { stdout } = await run('sh', [script], { env })
    expect(stdout).toBe(
      `rolesanywhere configure --profile on-prem --arn ${TRUST_ANCHOR_ARN} --arn ${PROFILE_ARN} --arn ${ROLE_ARN}\n`,
    )
    expect(aws.made.trustAnchor).toEqual({
      name: 'on-prem',
      enabled: true,
      source: {
        sourceType: 'CERTIFICATE_BUNDLE',
        sourceData: { x509CertificateData: stage.authority.certificatePem },
      },
    })
    expect(aws.made.profile).toEqual({
      name: 'on-prem',
      enabled: true,
      durationSeconds: 3600,
      roleArns: [ROLE_ARN],
    })
    const [role, attached] = aws.made.iam
    const trust: unknown = JSON.parse(role?.get('AssumeRolePolicyDocument') ?? '')
    expect(trust).toEqual(TRUST_POLICY)
    expect(problemsOfTrustPolicy(trust)).toEqual([])
    expect(attached?.get('PolicyArn')).toBe(policy)
  })

  it('asks for the common name that it was not told, and gives no right by itself', async () => {
    await using aws = await startControlPlane()
    const script = stage.write('pca.sh', await printed('aws-cli', '--pca-arn', PCA_ARN))
    const env = environment(aws.url)
    await expect(run('sh', [script], { env })).rejects.toThrow('CERTIFICATE_CN')
    await run('sh', [script], { env: { ...env, CERTIFICATE_CN: 'web' } })
    expect(aws.made.trustAnchor).toMatchObject({
      source: { sourceType: 'AWS_ACM_PCA', sourceData: { acmPcaArn: PCA_ARN } },
    })
    expect(aws.made.iam.map((call) => call.get('Action'))).toEqual(['CreateRole'])
  })
})

describe.each(SOURCES)('configure --print with %s', (_what, flags) => {
  it.skipIf(CFN_LINT === undefined)(
    `cloudformation is clean to cfn-lint, and its trust policy to IAM ${FROM_PYPI}`,
    async () => {
      const template = stage.write('template.yaml', await printed('cloudformation', ...flags()))
      const lint = await run(CFN_LINT ?? '', ['--include-checks', 'I', '--', template])
      expect(lint.stdout + lint.stderr).toBe('')
      const dump =
        'import json, sys; from cfnlint.decode import cfn_yaml; print(json.dumps(cfn_yaml.load(sys.argv[1])))'
      const { stdout } = await run(PYPI_PYTHON ?? '', ['-c', dump, template])
      const { Resources } = JSON.parse(stdout) as {
        Resources: { Role: { Properties: { AssumeRolePolicyDocument: unknown } } }
      }
      // References as the texts that they become.
      const policy: unknown = JSON.parse(
        JSON.stringify(Resources.Role.Properties.AssumeRolePolicyDocument)
          .replace(
            '{"Fn::GetAtt":["TrustAnchor","TrustAnchorArn"]}',
            JSON.stringify(TRUST_ANCHOR_ARN),
          )
          .replace('{"Ref":"CertificateCommonName"}', '"web 1/eu:x.y=z+a-b_c@d"'),
      )
      expect(policy).toEqual(TRUST_POLICY)
      expect(problemsOfTrustPolicy(policy)).toEqual([])
    },
    60_000,
  )

  it.skipIf(PYPI_PYTHON === undefined)(
    `terraform is HCL with the resources that it takes ${FROM_PYPI}`,
    async () => {
      const file = stage.write('main.tf', await printed('terraform', ...flags()))
      const dump = 'import hcl2, json, sys; print(json.dumps(hcl2.load(open(sys.argv[1]))))'
      const { stdout } = await run(PYPI_PYTHON ?? '', ['-c', dump, file])
      const { resource } = JSON.parse(stdout) as { resource: readonly Record<string, unknown>[] }
      expect(
        resource.flatMap((one) => Object.keys(one)).map((name) => name.replaceAll('"', '')),
      ).toEqual([
        'aws_rolesanywhere_trust_anchor',
        'aws_iam_role',
        'aws_iam_role_policy_attachment',
        'aws_rolesanywhere_profile',
      ])
      for (const word of ['sts:SetSourceIdentity', 'aws_rolesanywhere_trust_anchor.this.arn']) {
        expect(JSON.stringify(resource)).toContain(word)
      }
    },
    60_000,
  )
})

describe('configure --print', () => {
  it.each([
    [['terraform'], 'needs --trust-anchor or --pca-arn'],
    [['terraform', '--pca-arn', 'arn:x'], 'is not the ARN of an AWS Private CA'],
    [['terraform', '--pca-arn', 'x', '--trust-anchor', 'y'], 'exclude each other'],
    [['terraform', '--trust-anchor', 'CLIENT'], 'is not of an authority'],
    [['terraform', '--trust-anchor', 'CA', '--certificate', 'QUOTED'], 'no session tag can hold'],
    [['terraform', '--trust-anchor', 'CA', '--certificate', 'NAMELESS'], 'has no common name'],
    [['helm', '--trust-anchor', 'CA'], 'is none of aws-cli, cloudformation, terraform'],
  ])('%j is refused', async (words, said) => {
    const quoted = await stage.issue('quoted', { subject: 'CN=a"b$(c)' })
    const nameless = await stage.issue('nameless', { subject: 'O=Example' })
    const places: Record<string, string> = {
      CA: authority,
      CLIENT: client.certificatePath,
      QUOTED: quoted.certificatePath,
      NAMELESS: nameless.certificatePath,
    }
    const [form = '', ...flags] = words.map((word) => places[word] ?? word)
    const { exitCode, stdout, stderr } = await print(form, ...flags)
    expect([exitCode === 0, stdout.length]).toEqual([false, 0])
    expect(stderr).toContain(said)
  })
})

describe('the grammar of IAM', () => {
  const [statement] = TRUST_POLICY.Statement
  it.each([
    [{ ...TRUST_POLICY, Version: '2012' }, ['Version']],
    [{ ...TRUST_POLICY, Statement: [] }, ['Statement']],
    [{ ...TRUST_POLICY, Statement: [{ ...statement, Resource: '*' }] }, ['Resource']],
    [{ ...TRUST_POLICY, Statement: [{ ...statement, Action: 'AssumeRole' }] }, ['Action']],
    [
      { ...TRUST_POLICY, Statement: [{ ...statement, Condition: { Equals: { 'a:b': 'c' } } }] },
      ['operator Equals'],
    ],
    [TRUST_POLICY, []],
  ])('finds what is wrong (%#)', (policy, problems) => {
    expect(problemsOfTrustPolicy(policy)).toEqual(problems)
  })
})
