/**
 * docs/aws-setup.md, followed to the letter: every block marked `sh` in its order, once for a key in a file,
 * on a token and in a TPM. The emulator trusts the authority that the document makes, and knows only the
 * trust anchor, profile and role that the document's script asked AWS for.
 *
 * @module
 */

import { execFile, execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startEmulator } from '../../src/emulator/emulator.ts'
import { demand, hasProgram } from '../support/capabilities.ts'
import { startControlPlane } from '../support/control-plane.ts'
import { PROFILE_ARN, ROLE_ARN, TRUST_ANCHOR_ARN } from '../support/pki-request.ts'
import { PROGRAM } from '../support/run-cli.ts'
import { hasSoftToken, SoftTokens } from '../support/soft-token.ts'
import { startStsStandIn } from '../support/sts-stand-in.ts'
import { startSwtpm } from '../support/swtpm.ts'

const run = promisify(execFile)
const DOCUMENT = readFileSync(join(import.meta.dirname, '../../docs/aws-setup.md'), 'utf8')
const hasTools = ['openssl', 'aws', 'bash', 'setsid'].every(hasProgram)
const hasTpm = demand(hasProgram('swtpm'), 'swtpm')

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rolesanywhere-setup-'))
  mkdirSync(join(folder, 'bin'))
  mkdirSync(join(folder, 'work'))
})

afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
})

/** The blocks of one way through the document, up to a heading and from there on. */
function blocksFor(way: string): { readonly before: string; readonly after: string } {
  const before: string[] = []
  const after: string[] = []
  let isOurs = true
  let isAfter = false
  for (const part of DOCUMENT.split(/^(?=##)/mu)) {
    const [heading = ''] = part.split('\n')
    if (heading.startsWith('## ')) {
      isOurs = true
      isAfter ||= heading.includes('in AWS')
    } else if (heading.startsWith('### ')) isOurs = heading.startsWith(`### ${way}`)
    if (!isOurs) continue
    for (const [, block = ''] of part.matchAll(/^```sh\n([^]*?)^```$/gmu)) {
      ;(isAfter ? after : before).push(block)
    }
  }
  return { before: before.join('\n'), after: after.join('\n') }
}

function program(name: string, script: string): void {
  writeFileSync(join(folder, 'bin', name), `#!/bin/sh\n${script}\n`, { mode: 0o755 })
}

/** Follows the document with a key of one kind; what the last commands printed. */
async function follow(way: string, given: Readonly<Record<string, string>>): Promise<string> {
  const { before, after } = blocksFor(way)
  await using aws = await startControlPlane()
  await using sts = await startStsStandIn()
  program('rolesanywhere', `exec ${PROGRAM.map((word) => `'${word}'`).join(' ')} "$@"`)
  // The AWS CLI and our program would take the endpoint of one service from one variable.
  const realAws = execFileSync('sh', ['-c', 'command -v aws']).toString().trim()
  program(
    'aws',
    `case $1 in rolesanywhere | iam) export AWS_ENDPOINT_URL_ROLESANYWHERE=${aws.url} AWS_ENDPOINT_URL_IAM=${aws.url} ;; esac\nexec ${realAws} "$@"`,
  )
  const path = [join(folder, 'bin'), dirname(process.execPath), process.env['PATH'] ?? '']
  const env = {
    PATH: path.join(delimiter),
    HOME: folder,
    AWS_ACCESS_KEY_ID: 'AKIA',
    AWS_SECRET_ACCESS_KEY: 'secret',
    AWS_DEFAULT_REGION: 'eu-central-1',
    AWS_EC2_METADATA_DISABLED: 'true',
    ...given,
  }
  const bash = async (script: string, more: Readonly<Record<string, string>>): Promise<string> => {
    const args = ['-w', 'bash', '-euo', 'pipefail', '-c', script]
    const options = { cwd: join(folder, 'work'), env: { ...env, ...more } }
    return (await run('setsid', args, options)).stdout
  }
  await bash(`${before}\nexport -p > ../variables`, {})
  const emulator = await startEmulator({
    trustAnchors: readFileSync(join(folder, 'work/ca.pem'), 'utf8'),
    clock: Date.now,
    onSession: sts.onSession,
    resources: {
      trustAnchorArn: TRUST_ANCHOR_ARN,
      trustAnchorEnabled: true,
      profileArns: [PROFILE_ARN],
      profileEnabled: true,
      roleArns: [ROLE_ARN],
    },
  })
  try {
    return await bash(`. ../variables\n${after}`, {
      AWS_ENDPOINT_URL_ROLESANYWHERE: emulator.url,
      AWS_ENDPOINT_URL_STS: sts.url,
    })
  } finally {
    await emulator.close()
  }
}

const IDENTITY = /"Arn": "arn:aws:sts::111122223333:assumed-role\/example\//u

describe.skipIf(!hasTools)('docs/aws-setup.md', () => {
  it('leads to a working profile with a key in a file', async () => {
    expect(await follow('In a file', {})).toMatch(IDENTITY)
    const config = readFileSync(join(folder, '.aws/config'), 'utf8')
    expect(config).toContain(`rolesanywhere_private_key = ${join(folder, 'work/client.key')}\n`)
    expect(config).toContain('[profile admin]\n')
  }, 90_000)

  it.skipIf(!hasSoftToken)(
    'leads there with a key on a token',
    async () => {
      using tokens = new SoftTokens()
      expect(await follow('On a token', tokens.env)).toMatch(IDENTITY)
      const config = readFileSync(join(folder, '.aws/config'), 'utf8')
      expect(config).toMatch(/^rolesanywhere_certificate = pkcs11:\S+object=web;type=cert$/mu)
    },
    90_000,
  )

  it.skipIf(!hasTpm)(
    'leads there with a key in a TPM',
    async () => {
      await using tpm = await startSwtpm()
      expect(await follow('In a TPM', { TPM_DEVICE: tpm.socketPath })).toMatch(IDENTITY)
      const config = readFileSync(join(folder, '.aws/config'), 'utf8')
      expect(config).toContain(`rolesanywhere_private_key = ${join(folder, 'work/client.tss2')}\n`)
    },
    90_000,
  )
})
