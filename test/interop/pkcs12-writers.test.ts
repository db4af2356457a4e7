/**
 * PKCS#12 files as openssl and Java's keytool write them today, and private keys as ssh-keygen does.
 */

import { execFileSync } from 'node:child_process'
import { createPrivateKey, verify } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createAuthority } from '../../src/emulator/throwaway-pki.ts'
import {
  loadFileIdentity,
  loadFileSigner,
  type FileIdentityOptions,
} from '../../src/identity/content/load-file-identity.ts'
import type { Identity } from '../../src/core/ports.ts'
import { hasProgram } from '../support/capabilities.ts'
import { inFiles } from '../support/places.ts'
import { toBer } from '../support/to-ber.ts'
import { failureOf, hintOf, recordingPorts } from '../unit/identity/recording-ports.ts'

const PASSWORD = 'Grüße & 世界'
let folder: string
const pathTo = (name: string): string => join(folder, name)

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rolesanywhere-pkcs12-'))
  const root = await createAuthority()
  const intermediate = await root.issueAuthority({ subject: 'CN=Issuing CA' })
  const leaf = await intermediate.issue({ keyType: 'rsa', subject: 'CN=client' })
  writeFileSync(pathTo('leaf.pem'), leaf.certificatePem)
  writeFileSync(pathTo('leaf.key'), leaf.privateKeyPem)
  writeFileSync(pathTo('chain.pem'), intermediate.certificatePem + root.certificatePem)
})

afterAll(() => {
  rmSync(folder, { recursive: true })
})

function run(program: string, ...args: readonly string[]): void {
  execFileSync(program, args, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] })
}

function exportWithOpenssl(name: string, ...args: readonly string[]): void {
  const files = ['-in', 'leaf.pem', '-inkey', 'leaf.key', '-certfile', 'chain.pem']
  run('openssl', 'pkcs12', '-export', ...files, '-out', name, ...args)
}

function load(name: string, password: string | undefined = PASSWORD): Promise<Identity> {
  const options: FileIdentityOptions = {
    ...inFiles({ certificate: pathTo(name) }),
    keyPassword: () => Promise.resolve(password),
  }
  return loadFileIdentity(options, recordingPorts())
}

async function expectWhole(name: string, password?: string): Promise<void> {
  await using identity = await load(name, password)
  const { certificate, chain, signer } = identity
  expect(certificate.subject).toBe('CN=client')
  expect(chain.map(({ subject }) => subject)).toEqual(['CN=Issuing CA'])
  const message = Buffer.from(name)
  expect(verify('sha256', message, certificate.publicKey, await signer.sign(message))).toBe(true)
}

describe.skipIf(!hasProgram('openssl'))('what openssl exports', () => {
  const legacy = ['-provider', 'legacy', '-provider', 'default']
  it.each<readonly [name: string, args: readonly string[]]>([
    ['default', []],
    ['legacy', ['-legacy']],
    ['rc2-128', ['-certpbe', 'PBE-SHA1-RC2-128', '-keypbe', 'PBE-SHA1-RC2-128', ...legacy]],
    ['two-key-3des', ['-certpbe', 'PBE-SHA1-2DES', '-keypbe', 'PBE-SHA1-2DES']],
    ['md5-des', ['-certpbe', 'PBE-MD5-DES', '-keypbe', 'PBE-MD5-DES', ...legacy]],
    ['sha1-rc2-64', ['-certpbe', 'PBE-SHA1-RC2-64', '-keypbe', 'PBE-SHA1-RC2-64', ...legacy]],
    ['aes128-sha512', ['-certpbe', 'AES-128-CBC', '-keypbe', 'AES-128-CBC', '-macalg', 'sha512']],
    ...['ARIA-128-CBC', 'ARIA-256-CBC', 'CAMELLIA-192-CBC', 'CAMELLIA-256-CBC', 'SM4-CBC'].map(
      (cipher) => [cipher, ['-certpbe', cipher, '-keypbe', cipher]] as const,
    ),
    ...['sha3-224', 'sha3-256', 'sha3-384', 'sha3-512', 'sm3'].map(
      (hash) => [`mac-${hash}`, ['-macalg', hash]] as const,
    ),
    ['plain', ['-certpbe', 'NONE', '-keypbe', 'NONE']],
    ['without-mac', ['-nomac']],
    ['a-million-iterations', ['-iter', '1000000']],
  ])('%s', async (name, args) => {
    exportWithOpenssl(`${name}.p12`, '-passout', `pass:${PASSWORD}`, ...args)
    await expectWhole(`${name}.p12`)
    if (name === 'without-mac' || name === 'plain') return
    await expect(load(`${name}.p12`, 'wrong')).rejects.toMatchObject({
      code: 'ERR_KEY_PASSWORD_INCORRECT',
    })
  })

  it('RC4 is refused by name, and the command of the hint converts it', async () => {
    const rc4 = ['-certpbe', 'PBE-SHA1-RC4-128', '-keypbe', 'PBE-SHA1-RC4-128', ...legacy]
    exportWithOpenssl('rc4.p12', '-passout', `pass:${PASSWORD}`, ...rc4)
    const error = await failureOf(load('rc4.p12'))
    expect(error).toMatchObject({
      code: 'ERR_KEY_CIPHER_UNSUPPORTED',
      message: expect.stringContaining('RC4-128') as string,
    })
    const [, command = ''] = /openssl (pkcs12 .*) -in OLD -out NEW$/.exec(hintOf(error)) ?? []
    const passwords = ['-passin', `pass:${PASSWORD}`, '-passout', `pass:${PASSWORD}`]
    run('openssl', ...command.split(' '), '-in', 'rc4.p12', '-out', 'converted.pem', ...passwords)
    await expectWhole('converted.pem')
  })

  it('an empty password opens without one', async () => {
    exportWithOpenssl('empty.p12', '-passout', 'pass:')
    await expectWhole('empty.p12', '')
    const options = { certificate: pathTo('empty.p12') }
    await using identity = await loadFileIdentity(inFiles(options), recordingPorts())
    expect(identity.certificate.subject).toBe('CN=client')
  })

  it('BER with indefinite lengths and octet strings in pieces opens too', async () => {
    exportWithOpenssl('der.p12', '-passout', `pass:${PASSWORD}`)
    writeFileSync(pathTo('ber.p12'), toBer(readFileSync(pathTo('der.p12'))))
    expect(readFileSync(pathTo('ber.p12'))[1]).toBe(0x80)
    await expectWhole('ber.p12')
  })

  it('one that asks for 2^31 iterations is refused before they are spent', async () => {
    exportWithOpenssl('honest.p12', '-passout', `pass:${PASSWORD}`)
    const honest = readFileSync(pathTo('honest.p12'))
    // MacData { DigestInfo { SHA-256 … } … INTEGER 2048 } at the end; two bytes more for the INTEGER.
    const macData = honest.lastIndexOf(Buffer.from('30413031300d0609608648016503040201', 'hex'))
    expect(macData).toBeGreaterThan(0)
    expect(honest.toString('hex', honest.length - 4)).toBe('02020800')
    const bomb = Buffer.concat([honest.subarray(0, -4), Buffer.from('02047fffffff', 'hex')])
    bomb.writeUInt8(0x43, macData + 1)
    bomb.writeUInt16BE(bomb.readUInt16BE(2) + 2, 2)
    writeFileSync(pathTo('bomb.p12'), bomb)
    const startedAt = performance.now()
    await expect(load('bomb.p12')).rejects.toMatchObject({
      code: 'ERR_KEY_KDF_TOO_COSTLY',
      message: expect.stringContaining('2147483647 iterations') as string,
    })
    expect(performance.now() - startedAt).toBeLessThan(1000)
  })

  it('base64 of one opens too', async () => {
    exportWithOpenssl('raw.p12', '-passout', `pass:${PASSWORD}`)
    writeFileSync(pathTo('base64.p12'), readFileSync(pathTo('raw.p12')).toString('base64'))
    await expectWhole('base64.p12')
  })

  it('the certificate may be in one file and the key in another', async () => {
    exportWithOpenssl('both.p12', '-passout', `pass:${PASSWORD}`)
    await using identity = await loadFileIdentity(
      inFiles({
        certificate: pathTo('leaf.pem'),
        privateKey: pathTo('both.p12'),
        intermediates: pathTo('chain.pem'),
        keyPassword: () => Promise.resolve(PASSWORD),
      }),
      recordingPorts(),
    )
    expect(identity.chain.length).toBe(1)
  })
})

describe.skipIf(!hasProgram('keytool') || !hasProgram('openssl'))('what keytool makes', () => {
  it('a key pair of its own', async () => {
    const common = ['-storetype', 'PKCS12', '-storepass', 'changeit', '-keystore', 'java.p12']
    run(
      'keytool',
      ...['-genkeypair', '-alias', 'client', '-keyalg', 'EC', '-groupname', 'secp256r1'],
      ...['-dname', 'CN=java client, O=Example', '-validity', '3650', ...common],
    )
    await using identity = await loadFileIdentity(
      inFiles({ certificate: pathTo('java.p12'), keyPassword: () => Promise.resolve('changeit') }),
      { ...recordingPorts(), clock: Date.now },
    )
    const { certificate, signer } = identity
    expect(certificate.subject).toContain('CN=java client')
    const message = Buffer.from('x')
    expect(verify('sha256', message, certificate.publicKey, await signer.sign(message))).toBe(true)
  })

  it('a key store that took over a key of openssl', async () => {
    exportWithOpenssl('import.p12', '-passout', 'pass:changeit', '-name', 'client')
    run(
      'keytool',
      ...['-importkeystore', '-noprompt', '-srckeystore', 'import.p12', '-srcstoretype', 'PKCS12'],
      ...['-srcstorepass', 'changeit', '-destkeystore', 'imported.p12'],
      ...['-deststoretype', 'PKCS12', '-deststorepass', 'changeit'],
    )
    await expectWhole('imported.p12', 'changeit')
  })
})

describe.skipIf(!hasProgram('ssh-keygen'))('what ssh-keygen makes', () => {
  it.each([
    ['PEM', 'rsa'],
    ['PEM', 'ecdsa'],
    ['PKCS8', 'rsa'],
    ['PKCS8', 'ecdsa'],
  ])('a %s file with an %s key', async (format, type) => {
    const name = `${format}-${type}`
    run('ssh-keygen', '-q', '-t', type, '-m', format, '-N', 'secret', '-f', pathTo(name))
    const { publicKey, signer } = await loadFileSigner(
      inFiles({ privateKey: pathTo(name), keyPassword: () => Promise.resolve('secret') }),
      recordingPorts(),
    )
    const expected = createPrivateKey({ key: readFileSync(pathTo(name)), passphrase: 'secret' })
    const message = Buffer.from('x')
    expect(verify('sha256', message, publicKey, await signer.sign(message))).toBe(true)
    expect(expected.asymmetricKeyType).toBe(publicKey.asymmetricKeyType)
  })

  it("OpenSSH's own format is refused with the way to convert it", async () => {
    run('ssh-keygen', '-q', '-t', 'ecdsa', '-N', '', '-f', pathTo('openssh'))
    const loaded = loadFileSigner(inFiles({ privateKey: pathTo('openssh') }), recordingPorts())
    await expect(loaded).rejects.toMatchObject({
      code: 'ERR_KEY_UNSUPPORTED',
      hint: expect.stringContaining('ssh-keygen -p -m PKCS8') as string,
    })
  })
})
