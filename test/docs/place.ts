/**
 * Where a block of a document is run: a home with the profile `onprem`, a folder with an authority, a
 * certificate and its key, a token, and stand-ins for AWS. Each block finds it as new.
 *
 * @module
 */

import { execFile, execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { openStage } from '../support/cli-stage.ts'
import { PROFILE_ARN, ROLE_ARN, TRUST_ANCHOR_ARN } from '../support/pki-request.ts'
import { PROGRAM } from '../support/run-cli.ts'
import { hasSoftToken, PIN, SoftTokens } from '../support/soft-token.ts'
import { startStsStandIn } from '../support/sts-stand-in.ts'

const run = promisify(execFile)

/** What a run printed, and how long it took in seconds. */
export interface BlockRun {
  readonly stdout: string
  readonly seconds: number
}

export interface DocumentPlace extends AsyncDisposable {
  /**
   * A block that writes a profile finds an empty home.
   *
   * @throws as `execFile` does, with what the block said, where one of its commands fails.
   */
  run(block: string): Promise<BlockRun>
}

export async function openPlace(): Promise<DocumentPlace> {
  const stage = await openStage()
  const sts = await startStsStandIn()
  const emulator = await stage.emulate({ onSession: sts.onSession })
  const tokens = hasSoftToken ? new SoftTokens() : undefined
  const template = join(stage.folder, 'template')
  const bin = join(stage.folder, 'bin')
  mkdirSync(template)
  mkdirSync(bin)
  const leaf = await stage.authority.issue({ subject: 'CN=web.example.com,O=Example' })
  const put = (name: string, text: string, mode = 0o600): void => {
    writeFileSync(join(template, name), text, { mode })
  }
  put('client.pem', leaf.certificatePem)
  put('client.key', leaf.privateKeyPem)
  put('ca.pem', stage.authority.certificatePem)
  put('ca.key', stage.authority.privateKeyPem)
  put('password', 'correct horse')
  execFileSync(
    'openssl',
    'pkcs12 -export -in client.pem -inkey client.key -passout file:password -out client.p12'.split(
      ' ',
    ),
    { cwd: template },
  )
  tokens?.addToken('Card')
  tokens?.addCertificate('Card', leaf.certificatePem, { id: '01', label: 'web' })
  tokens?.addKey('Card', leaf.privateKeyPem, { id: '01', label: 'web' })
  const program = (name: string, script: string): void => {
    writeFileSync(join(bin, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 })
  }
  program('rolesanywhere', `exec ${PROGRAM.map((word) => `'${word}'`).join(' ')} "$@"`)
  // A password manager that has the key.
  program('pass', 'exec cat client.key')
  const path = [bin, dirname(process.execPath), process.env['PATH'] ?? ''].join(delimiter)

  return {
    async run(block) {
      const home = mkdtempSync(join(tmpdir(), 'rolesanywhere-docs-'))
      try {
        cpSync(template, home, { recursive: true })
        if (!WRITES_PROFILE.test(block)) {
          mkdirSync(join(home, '.aws'))
          writeFileSync(join(home, '.aws/config'), onprem(home))
        }
        const env = {
          PATH: path,
          HOME: home,
          ROLESANYWHERE_PIN: `file:${home}/pin`,
          CREDENTIALS_DIRECTORY: home,
          AWS_ENDPOINT_URL_ROLESANYWHERE: emulator.url,
          AWS_ENDPOINT_URL_STS: sts.url,
          AWS_EC2_METADATA_DISABLED: 'true',
          SOFTHSM2_CONF: join(home, 'softhsm2.conf'),
        }
        mkdirSync(join(home, 'tokens'))
        if (tokens !== undefined) cpSync(tokens.tokens, join(home, 'tokens'), { recursive: true })
        writeFileSync(env.SOFTHSM2_CONF, `directories.tokendir = ${home}/tokens\n`)
        writeFileSync(join(home, 'pin'), PIN, { mode: 0o600 })
        const begin = performance.now()
        const args = ['-w', 'bash', '-euo', 'pipefail', '-c', block]
        const { stdout } = await run('setsid', args, { cwd: home, env, timeout: 120_000 })
        return { stdout, seconds: (performance.now() - begin) / 1000 }
      } finally {
        rmSync(home, { recursive: true, force: true })
      }
    },
    async [Symbol.asyncDispose]() {
      tokens?.[Symbol.dispose]()
      await sts[Symbol.asyncDispose]()
      await stage[Symbol.asyncDispose]()
    },
  }
}

/** Leads from nothing to a profile. */
export const WRITES_PROFILE = /^rolesanywhere configure /mu

function onprem(home: string): string {
  return `[profile onprem]
region = eu-central-1
credential_process = rolesanywhere credential-process --profile onprem
rolesanywhere_certificate = ${home}/client.pem
rolesanywhere_private_key = ${home}/client.key
rolesanywhere_trust_anchor_arn = ${TRUST_ANCHOR_ARN}
rolesanywhere_profile_arn = ${PROFILE_ARN}
rolesanywhere_role_arn = ${ROLE_ARN}

[profile arns]
rolesanywhere_trust_anchor_arn = ${TRUST_ANCHOR_ARN}
rolesanywhere_profile_arn = ${PROFILE_ARN}
rolesanywhere_role_arn = ${ROLE_ARN}
`
}
