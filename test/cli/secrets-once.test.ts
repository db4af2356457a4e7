/**
 * What can be had only once (standard input, a pipe, an answer on the terminal) serves every role of one
 * `serve`.
 *
 * @module
 */

import { createPrivateKey } from 'node:crypto'
import { once } from 'node:events'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hasProgram } from '../support/capabilities.ts'
import { openStage, type Stage } from '../support/cli-stage.ts'
import { runOnTerminal } from '../support/on-terminal.ts'
import { PROFILE_ARN, ROLE_ARN, TRUST_ANCHOR_ARN } from '../support/pki-request.ts'
import { startCli } from '../support/run-cli.ts'
import { hasSoftToken, PIN, SOFTHSM, SoftTokens } from '../support/soft-token.ts'

const PASSWORD = 'correct horse'
const BOTH = ['serve', '--port', '0', '--profile', 'first', '--profile', 'second']

let stage: Stage
let folder: readonly string[]
let url: string
beforeAll(async () => {
  stage = await openStage()
  url = (await stage.emulate()).url
  folder = ['--token-folder', join(stage.folder, 'tokens')]
})
afterAll(async () => {
  await stage[Symbol.asyncDispose]()
})

/** A config file with two profiles of one identity and two roles. */
function twoProfiles(identity: readonly string[]): Readonly<Record<string, string>> {
  const profile = (name: string): string =>
    [
      `[profile ${name}]`,
      ...identity,
      `rolesanywhere_trust_anchor_arn = ${TRUST_ANCHOR_ARN}`,
      `rolesanywhere_profile_arn = ${PROFILE_ARN}`,
      `rolesanywhere_role_arn = ${ROLE_ARN}${name}`,
      `rolesanywhere_endpoint = ${url}\n`,
    ].join('\n')
  return { AWS_CONFIG_FILE: stage.write('config', profile('first') + profile('second')) }
}

async function encryptedIdentity(): Promise<readonly string[]> {
  const { certificatePath, privateKeyPem } = await stage.issue('client')
  const encrypted = createPrivateKey(privateKeyPem).export({
    ...({ format: 'pem', type: 'pkcs8', cipher: 'aes-256-cbc' } as const),
    passphrase: PASSWORD,
  })
  const keyPath = stage.write('encrypted.key', encrypted)
  return [
    `rolesanywhere_certificate = ${certificatePath}`,
    `rolesanywhere_private_key = ${keyPath}`,
  ]
}

describe('serve with two profiles', () => {
  it('reads standard input once, and both have the password', async () => {
    const env = twoProfiles(await encryptedIdentity())
    const args = [...BOTH, ...folder, '--key-password', 'stdin']
    const { child, result } = startCli(args, { env, stdin: `${PASSWORD}\n` })
    const ended = result.then(() => 'ended')
    await Promise.race([ended, once(child.stdout!, 'data')])
    child.kill('SIGTERM')
    const { exitCode, stdout, stderr } = await result
    expect(stderr).not.toContain('error')
    expect(exitCode).toBe(0)
    expect(stdout.toString().match(/^# profile (?:first|second)$/gmu)).toHaveLength(2)
  })

  const steps = (question: string, answer: string) =>
    [
      { place: 'terminal', text: question, type: `${answer}\r` },
      { place: 'stdout', text: '# profile second', signal: 'SIGTERM' },
    ] as const

  it.skipIf(!hasProgram('python3'))('asks for the password once', async () => {
    const env = twoProfiles(await encryptedIdentity())
    const args = [...BOTH, ...folder, '--key-password', 'prompt']
    const run = await runOnTerminal(args, steps('the password of "', PASSWORD), env)
    expect(run).toMatchObject({ exitCode: 0, timedOut: false, stepsLeft: 0 })
    expect(run.terminal.match(/the password of "/gu)).toHaveLength(1)
  })

  it.skipIf(!hasSoftToken || !hasProgram('python3'))(
    'asks for a PIN once, and again when it was wrong',
    async () => {
      using tokens = new SoftTokens()
      const leaf = await stage.authority.issue()
      tokens.addToken('card')
      tokens.addCertificate('card', leaf.certificatePem, { id: '01', label: 'leaf' })
      tokens.addKey('card', leaf.privateKeyPem, { id: '01', label: 'leaf' })
      const profiles = twoProfiles(['rolesanywhere_certificate = pkcs11:token=card'])
      const env = { ...profiles, ...tokens.env }
      const args = [...BOTH, ...folder, '--pkcs11-lib', SOFTHSM]
      const asked = await runOnTerminal(args, steps('PIN of token "card"', PIN), env)
      expect(asked).toMatchObject({ exitCode: 0, timedOut: false, stepsLeft: 0 })
      expect(asked.terminal.match(/PIN of token "card"/gu)).toHaveLength(1)

      const [right, stop] = steps('(few tries left)', PIN)
      const wrong = { place: 'terminal', text: 'PIN of token "card"', type: '0000\r' } as const
      const again = await runOnTerminal(args, [wrong, right, stop], env)
      expect(again).toMatchObject({ exitCode: 0, timedOut: false, stepsLeft: 0 })
    },
    60_000,
  )
})
