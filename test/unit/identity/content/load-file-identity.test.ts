import { X509Certificate, createPrivateKey, verify } from 'node:crypto'
import { chmodSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  createAuthority,
  type Authority,
  type IssuedCertificate,
} from '../../../../src/emulator/throwaway-pki.ts'
import {
  loadFileIdentity,
  loadFileSigner,
  type FileIdentityOptions,
} from '../../../../src/identity/content/load-file-identity.ts'
import { readFileCertificates } from '../../../../src/identity/content/read-certificates.ts'
import { inFiles, type Written } from '../../../support/places.ts'
import {
  expectNoSecrets,
  failureOf,
  fromEnv,
  recordingPorts,
  type RecordingPorts,
} from '../recording-ports.ts'

let folder = ''
let root: Authority
let intermediate: Authority
let rsa: IssuedCertificate
let ec: IssuedCertificate

beforeAll(async () => {
  root = await createAuthority()
  intermediate = await root.issueAuthority()
  rsa = await intermediate.issue({ keyType: 'rsa', subject: 'CN=rsa' })
  ec = await intermediate.issue({ subject: 'CN=ec' })
})
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rolesanywhere-identity-'))
  return () => {
    rmSync(folder, { recursive: true })
  }
})

function file(name: string, content: string | Uint8Array, mode = 0o600): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  chmodSync(path, mode)
  return path
}

const MESSAGE = Buffer.from('string to sign')
const serialOf = (pem: string): string => new X509Certificate(pem).serialNumber

async function expectWorks(
  options: Written<FileIdentityOptions> & { readonly certificate: string },
  expected: IssuedCertificate,
  ports: RecordingPorts = recordingPorts(),
): Promise<number> {
  await using identity = await loadFileIdentity(inFiles(options), ports)
  expect(identity.certificate.serialNumber).toBe(serialOf(expected.certificatePem))
  const signature = await identity.signer.sign(MESSAGE)
  const { publicKey } = new X509Certificate(expected.certificatePem)
  expect(verify('sha256', MESSAGE, publicKey, signature)).toBe(true)
  return identity.chain.length
}

describe('loadFileIdentity', () => {
  it('pairs a key with its certificate, wherever that is in a bundle', async () => {
    const ports = recordingPorts()
    const bundle = [root, ec, intermediate, rsa].map(({ certificatePem }) => certificatePem)
    for (const leaf of [rsa, ec]) {
      const length = await expectWorks(
        {
          certificate: file('bundle.pem', bundle.join('')),
          privateKey: file('key.pem', leaf.privateKeyPem),
        },
        leaf,
        ports,
      )
      expect(length).toBe(1)
    }
    // The other leaf is not part of the chain.
    expect(ports.warnings).toHaveLength(2)
    expect(ports.warnings.join()).toMatch(/"CN=ec".*"CN=rsa"/su)
  })

  it('takes intermediates from a file of their own, and a leaf and key in DER', async () => {
    const length = await expectWorks(
      {
        certificate: file('leaf.der', new X509Certificate(ec.certificatePem).raw),
        privateKey: file(
          'key.der',
          createPrivateKey(ec.privateKeyPem).export({ format: 'der', type: 'sec1' }),
        ),
        intermediates: file('ca.pem', `${root.certificatePem}${intermediate.certificatePem}`),
      },
      ec,
    )
    expect(length).toBe(1)
  })

  it('finds key and certificate in one file, given once or twice', async () => {
    const both = file('both.pem', `${ec.privateKeyPem}${ec.certificatePem}`)
    await expectWorks({ certificate: both }, ec)
    await expectWorks({ certificate: both, privateKey: both }, ec)
  })

  it('chooses among several keys the one of the certificate', async () => {
    const ed25519 =
      '-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f\n-----END PRIVATE KEY-----\n'
    const privateKey = file('keys.pem', `${rsa.privateKeyPem}${ed25519}${ec.privateKeyPem}`)
    await expectWorks({ certificate: file('c.pem', ec.certificatePem), privateKey }, ec)
  })

  it('needs no file: key and certificate from the environment, also in base64', async () => {
    const env = {
      CERT: ec.certificatePem,
      KEY: Buffer.from(ec.privateKeyPem).toString('base64'),
    }
    await expectWorks(
      { certificate: 'env:CERT', privateKey: 'env:KEY' },
      ec,
      recordingPorts({ env }),
    )
    const stdin = `${ec.certificatePem}${ec.privateKeyPem}`
    await expectWorks({ certificate: 'stdin' }, ec, recordingPorts({ stdin }))
  })

  it('refuses a key of another certificate, with both fingerprints', async () => {
    const { certificatePem } = await root.issue({ curve: 'P-384' })
    const privateKey = file('k.pem', ec.privateKeyPem)
    const certificate = file('c.pem', certificatePem)
    const error = await failureOf(
      loadFileIdentity(inFiles({ certificate, privateKey }), recordingPorts()),
    )
    const otherKind = { certificate: file('rsa.pem', rsa.certificatePem), privateKey }
    await expect(loadFileIdentity(inFiles(otherKind), recordingPorts())).rejects.toMatchObject({
      code: 'ERR_KEY_MISMATCH',
    })
    expect(error).toMatchObject({ code: 'ERR_KEY_MISMATCH' })
    const { keyFingerprint, certificateFingerprints } = (
      error as unknown as {
        detail: { keyFingerprint: string; certificateFingerprints: string[] }
      }
    ).detail
    expect(keyFingerprint).toMatch(/^[0-9a-f]{64}$/u)
    expect(error.message).toContain(keyFingerprint)
    expect(error.message).toContain(certificateFingerprints[0])
    expect(keyFingerprint).not.toBe(certificateFingerprints[0])
    const { d = '' } = createPrivateKey(ec.privateKeyPem).export({ format: 'jwk' })
    expectNoSecrets(error, [Buffer.from(d, 'base64url')])
  })

  it('with no key to be found says where one is given', async () => {
    const error = await failureOf(
      loadFileIdentity(
        inFiles({ certificate: file('c.pem', ec.certificatePem) }),
        recordingPorts(),
      ),
    )
    expect(error).toMatchObject({
      code: 'ERR_KEY_MISSING',
      hint: expect.stringContaining('with privateKey') as string,
    })
  })

  it('refuses an expired certificate by the clock it is given', async () => {
    const nowMs = Date.UTC(2060, 0, 1)
    const both = file('both.pem', `${ec.privateKeyPem}${ec.certificatePem}`)
    await expect(
      loadFileIdentity(inFiles({ certificate: both }), recordingPorts({ nowMs })),
    ).rejects.toMatchObject({ code: 'ERR_CONFIG_CERTIFICATE_EXPIRED' })
  })

  it('warns of a key that others can read, once; refuses it when that is asked for', async () => {
    const options = {
      certificate: file('c.pem', ec.certificatePem, 0o644),
      privateKey: file('k.pem', ec.privateKeyPem, 0o640),
    }
    const ports = recordingPorts()
    await expectWorks(options, ec, ports)
    expect(ports.warnings).toEqual([expect.stringContaining('k.pem" is open to other users')])
    const strict = { ...options, strictPermissions: true }
    await expect(loadFileIdentity(inFiles(strict), recordingPorts())).rejects.toMatchObject({
      code: 'ERR_CONFIG_FILE_PERMISSIONS',
    })
  })

  it('a closed identity signs no more', async () => {
    const both = file('both.pem', `${ec.privateKeyPem}${ec.certificatePem}`)
    const identity = await loadFileIdentity(inFiles({ certificate: both }), recordingPorts())
    await identity[Symbol.asyncDispose]()
    await expect(identity.signer.sign(MESSAGE)).rejects.toMatchObject({
      code: 'ERR_KEY_SIGN_FAILED',
    })
  })
})

describe('a CA certificate whose key lies beside that of a leaf', () => {
  const withLeafAfterCa = async (): Promise<{ ca: IssuedCertificate; leaf: IssuedCertificate }> => {
    const ca = await root.issueAuthority({ notAfter: new Date('2060-01-01') })
    return { ca, leaf: await ca.issue({ notAfter: new Date('2030-01-01') }) }
  }

  it('is not taken from a folder, though it lasts longer', async () => {
    const { ca, leaf } = await withLeafAfterCa()
    file('a-ca.pem', ca.certificatePem + ca.privateKeyPem)
    file('b-leaf.pem', leaf.certificatePem + leaf.privateKeyPem)
    await expectWorks({ certificate: folder, useLatestExpiringCertificate: true }, leaf)
    await expectWorks({ certificate: folder }, leaf)
  })

  it('is not taken from a file, though it comes first', async () => {
    const { ca, leaf } = await withLeafAfterCa()
    const both = [ca, leaf].map((one) => one.certificatePem + one.privateKeyPem)
    await expectWorks({ certificate: file('both.pem', both.join('')) }, leaf)
  })

  it('is taken where it is alone', async () => {
    const { ca } = await withLeafAfterCa()
    file('ca.pem', ca.certificatePem + ca.privateKeyPem)
    const ports = recordingPorts()
    await expectWorks({ certificate: folder, useLatestExpiringCertificate: true }, ca, ports)
    expect(ports.warnings.join()).toContain('is a CA certificate')
  })
})

describe('passwords', () => {
  const CANARY = 'canary-key-password'
  const encrypted = (pem: string): string =>
    createPrivateKey(pem)
      .export({ format: 'pem', type: 'pkcs8', cipher: 'aes-256-cbc', passphrase: CANARY })
      .toString()

  it('are asked for when a key is encrypted, and only then', async () => {
    const env = { PW: `${CANARY}\n` }
    const certificate = file('c.pem', ec.certificatePem)
    const privateKey = file('k.pem', encrypted(ec.privateKeyPem))
    const keyPassword = fromEnv('PW')
    await expectWorks({ certificate, privateKey, keyPassword }, ec, recordingPorts({ env }))

    const plain = file('plain.pem', ec.privateKeyPem)
    const unset = fromEnv('NOT_SET')
    await expectWorks({ certificate, privateKey: plain, keyPassword: unset }, ec)
  })

  it('show in no error and no debug line', async () => {
    const privateKey = file('k.pem', encrypted(ec.privateKeyPem))
    const certificate = file('c.pem', rsa.certificatePem)
    const ports = recordingPorts({ env: { PW: CANARY, WRONG: `${CANARY}-wrong` } })
    for (const [keyPassword, code] of [
      [fromEnv('PW'), 'ERR_KEY_MISMATCH'],
      [fromEnv('WRONG'), 'ERR_KEY_PASSWORD_INCORRECT'],
      [fromEnv('NOT_SET'), 'ERR_CONFIG_SECRET_UNAVAILABLE'],
      [undefined, 'ERR_KEY_PASSWORD_REQUIRED'],
    ] as const) {
      const error = await failureOf(
        loadFileIdentity(inFiles({ certificate, privateKey, keyPassword }), ports),
      )
      expect(error).toMatchObject({ code })
      expectNoSecrets(error, [CANARY])
    }
    expect(ports.debugLines.length).toBeGreaterThan(0)
    expectNoSecrets([ports.debugLines, ports.warnings], [CANARY])
  })

  it('are prompted for once, though the files are read twice', async () => {
    const certificate = file('c.pem', rsa.certificatePem)
    const privateKey = file('k.pem', encrypted(rsa.privateKeyPem))
    const ports = recordingPorts({
      prompt: () => {
        // While a person types, the pair is rotated, one file after the other.
        renameSync(file('c.new', ec.certificatePem), certificate)
        renameSync(file('k.new', encrypted(ec.privateKeyPem)), privateKey)
        return Promise.resolve(CANARY)
      },
    })
    const keyPassword = { kind: 'prompt', argument: '', namedBy: 'keyPassword' } as const
    await expectWorks({ certificate, privateKey, keyPassword }, ec, ports)
    expect(ports.questions).toEqual([`the password of "${privateKey}": `])
    expect(ports.debugLines[0]).toContain('reading again')
  })
})

describe('one snapshot', () => {
  it('a pair that was caught half-way is read once more', async () => {
    const certificate = file('c.pem', rsa.certificatePem)
    const privateKey = file('k.pem', ec.privateKeyPem, 0o644)
    const ports = recordingPorts()
    const rotating: RecordingPorts = {
      ...ports,
      // The clock is first asked when the pair is looked for: now the other half arrives.
      clock: () => {
        renameSync(file('c.new', ec.certificatePem), certificate)
        return ports.clock()
      },
    }
    await expectWorks({ certificate, privateKey }, ec, rotating)
    // What was warned about in the first reading is not said twice.
    expect(ports.warnings).toHaveLength(1)
  })

  it('half a file is read once more; a broken file that stays is an error', async () => {
    const half = ec.certificatePem.slice(0, 200)
    const certificate = file('c.pem', half)
    const options = { certificate, privateKey: file('k.pem', ec.privateKeyPem) }
    await expect(loadFileIdentity(inFiles(options), recordingPorts())).rejects.toMatchObject({
      code: 'ERR_CONFIG_PEM_INVALID',
    })
    let reads = 0
    const ports = recordingPorts()
    const env = new Proxy<Record<string, string>>(
      { KEY: ec.privateKeyPem },
      {
        get(target, name: string) {
          reads += 1
          // The writer finishes between our two files.
          writeFileSync(certificate, ec.certificatePem)
          return target[name]
        },
      },
    )
    const racing = { ...ports, secrets: { ...ports.secrets, env } }
    await expectWorks({ certificate, privateKey: 'env:KEY' }, ec, racing)
    expect(reads).toBe(1)
  })
})

describe('loadFileSigner', () => {
  it('signs with a key alone', async () => {
    const privateKey = file('k.pem', rsa.privateKeyPem)
    const loaded = await loadFileSigner(inFiles({ privateKey }), recordingPorts())
    const { publicKey } = loaded
    await using signer = loaded.signer
    expect(publicKey.equals(new X509Certificate(rsa.certificatePem).publicKey)).toBe(true)
    expect(verify('sha256', MESSAGE, publicKey, await signer.sign(MESSAGE))).toBe(true)
  })
})

describe('readFileCertificates', () => {
  it('returns every certificate in the order of the file', async () => {
    const path = file('b.pem', `${root.certificatePem}${ec.privateKeyPem}${ec.certificatePem}`)
    const certificates = await readFileCertificates(
      inFiles({ certificate: path }),
      recordingPorts(),
    )
    expect(certificates.map(({ serialNumber }) => serialNumber)).toEqual(
      [root, ec].map(({ certificatePem }) => serialOf(certificatePem)),
    )
  })

  it('names the certificate that does not parse, and a file without any', async () => {
    const broken = '-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n'
    const path = file('b.pem', `${root.certificatePem}${broken}`)
    await expect(
      readFileCertificates(inFiles({ certificate: path }), recordingPorts()),
    ).rejects.toMatchObject({
      code: 'ERR_CONFIG_CERTIFICATE_INVALID',
      message: `certificate 2 in "${path}" does not parse`,
    })
    const key = file('k.pem', ec.privateKeyPem)
    await expect(
      readFileCertificates(inFiles({ certificate: key }), recordingPorts()),
    ).rejects.toMatchObject({
      code: 'ERR_CONFIG_CERTIFICATE_MISSING',
      message: `no certificate in "${key}" (it holds PRIVATE KEY)`,
    })
  })
})
