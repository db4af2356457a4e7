/** Certificates and keys in a folder, of every form that openssl writes, and what is no pair. */

import { execFileSync } from 'node:child_process'
import { createPrivateKey } from 'node:crypto'
import { copyFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { identitiesIn } from '../../../src/configure/find-identities.ts'
import { hasProgram } from '../../support/capabilities.ts'
import { openStage, type Stage } from '../../support/cli-stage.ts'

const NO_TPM = { device: '/nonexistent/tpm' }

let stage: Stage

beforeAll(async () => {
  stage = await openStage()
})

afterAll(async () => {
  await stage[Symbol.asyncDispose]()
})

function folder(name: string): string {
  mkdirSync(join(stage.folder, name))
  return name
}

async function found(name: string): Promise<readonly (readonly (string | undefined)[])[]> {
  const base = join(stage.folder, name)
  const short = (path: string | undefined): string | undefined => path?.slice(base.length + 1)
  return (await identitiesIn(base, NO_TPM)).map(({ subject, certificate, privateKey, note }) => [
    subject,
    short(certificate),
    short(privateKey),
    note,
  ])
}

describe('identitiesIn', () => {
  it('pairs certificates with their keys, whatever the files are called', async () => {
    const name = folder('pairs')
    const [a, b, lone] = await Promise.all([
      stage.authority.issue({ subject: 'CN=a' }),
      stage.authority.issue({ subject: 'CN=b', keyType: 'rsa' }),
      stage.authority.issue({ subject: 'CN=lone' }),
    ])
    const sec1 = createPrivateKey(a.privateKeyPem).export({ format: 'pem', type: 'sec1' })
    stage.write(`${name}/1.crt`, a.certificatePem + stage.authority.certificatePem)
    stage.write(`${name}/2.key`, sec1)
    stage.write(`${name}/both.pem`, b.privateKeyPem + b.certificatePem)
    stage.write(`${name}/ca.pem`, stage.authority.certificatePem + stage.authority.privateKeyPem)
    stage.write(`${name}/lone.pem`, lone.certificatePem)
    stage.write(`${name}/notes.txt`, 'not of interest')
    stage.write(
      `${name}/broken.pem`,
      '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n',
    )
    mkdirSync(join(stage.folder, name, 'more'))
    expect(await found(name)).toEqual([
      ['CN=a', '1.crt', '2.key', undefined],
      ['CN=b', 'both.pem', undefined, undefined],
    ])
  })

  it.skipIf(!hasProgram('openssl'))(
    'takes DER, and pairs an encrypted key by its name',
    async () => {
      const name = folder('forms')
      const a = await stage.issue(`${name}/a`, { subject: 'CN=a' })
      const b = await stage.issue(`${name}/b`, { subject: 'CN=b' })
      const at = (file: string): string => join(stage.folder, name, file)
      const run = (...args: readonly string[]): Buffer => execFileSync('openssl', args)
      run('x509', '-in', a.certificatePath, '-outform', 'DER', '-out', at('c.der'))
      run(
        'pkcs8',
        '-topk8',
        '-nocrypt',
        '-in',
        a.privateKeyPath,
        '-outform',
        'DER',
        '-out',
        at('k.der'),
      )
      const encrypt = ['pkcs8', '-topk8', '-in', b.privateKeyPath, '-passout', 'pass:x']
      run(...encrypt, '-out', at('enc.key'))
      copyFileSync(b.certificatePath, at('enc.pem'))
      for (const file of ['a.pem', 'a.key', 'b.pem', 'b.key']) {
        execFileSync('rm', [at(file)])
      }
      expect(await found(name)).toEqual([
        ['CN=a', 'c.der', 'k.der', undefined],
        ['CN=b', 'enc.pem', 'enc.key', 'the key is encrypted, and was paired by its name'],
      ])
    },
  )

  it('says what is wrong with the folder', async () => {
    await expect(identitiesIn(join(stage.folder, 'nowhere'), NO_TPM)).rejects.toMatchObject({
      code: 'ERR_CONFIG_FILE_UNREADABLE',
    })
  })
})
