/**
 * Identities on real SoftHSM tokens: what is found, what is signed, and what is refused.
 *
 * Signatures are judged by Node's OpenSSL with the certificate's key, never by code of ours.
 */

import { verify, X509Certificate } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseProfileArn, parseRoleArn, parseTrustAnchorArn } from '../../src/core/arn.ts'
import type { CreateSessionParameters } from '../../src/core/create-session-request.ts'
import { parsePkcs11Uri } from '../../src/core/pkcs11-uri.ts'
import type { Identity } from '../../src/core/ports.ts'
import { startEmulator } from '../../src/emulator/emulator.ts'
import {
  createAuthority,
  type Authority,
  type IssuedCertificate,
} from '../../src/emulator/throwaway-pki.ts'
import type { IdentityOptions } from '../../src/identity/identity-options.ts'
import { loadPkcs11Identity } from '../../src/identity/pkcs11/token/load-pkcs11-identity.ts'
import { listPkcs11 } from '../../src/identity/pkcs11/token/list-tokens.ts'
import { readTokenCertificates } from '../../src/identity/pkcs11/token/load-pkcs11-signer.ts'
import { createSession } from '../../src/session/create-session.ts'
import { createTransport } from '../../src/transport/send.ts'
import { placed, type Written } from '../support/places.ts'
import { hasSoftToken, PIN, SOFTHSM, SoftTokens } from '../support/soft-token.ts'
import { testPorts, type TestPorts } from '../support/token-ports.ts'
import { realTime } from '../support/real-time.ts'

const MESSAGE = Buffer.from('AWS4-X509-RSA-SHA256\n20230101T000000Z\nscope\nhash')

/** Signs once and has OpenSSL judge; the identity is closed. */
async function signsWith(identity: Identity, hash = 'sha256'): Promise<boolean> {
  await using open = identity
  const signature = await open.signer.sign(MESSAGE, { hash: hash as 'sha256' })
  return verify(hash, MESSAGE, open.certificate.publicKey, signature)
}

function sessionFor(endpoint: URL): CreateSessionParameters {
  const arn = 'arn:aws:rolesanywhere:eu-central-1:111122223333'
  return {
    trustAnchorArn: parseTrustAnchorArn(`${arn}:trust-anchor/1`),
    profileArn: parseProfileArn(`${arn}:profile/1`),
    roleArn: parseRoleArn('arn:aws:iam::111122223333:role/token'),
    region: 'eu-central-1',
    endpoint,
  }
}

describe.skipIf(!hasSoftToken)('keys that a token holds', () => {
  let tokens: SoftTokens
  let root: Authority
  let intermediate: Authority
  let rsa: IssuedCertificate
  const library = SOFTHSM
  const issued = new Map<string, IssuedCertificate>()

  beforeAll(async () => {
    tokens = new SoftTokens()
    root = await createAuthority()
    intermediate = await root.issueAuthority()
    rsa = await intermediate.issue({ keyType: 'rsa', subject: 'CN=rsa-2048' })
    const kinds = {
      'rsa-2048': rsa,
      'rsa-3072': await root.issue({ keyType: 'rsa', modulusLength: 3072 }),
      'ec-256': await root.issue({ curve: 'P-256' }),
      'ec-384': await root.issue({ curve: 'P-384' }),
      'ec-521': await root.issue({ curve: 'P-521' }),
    }
    tokens.addToken('both')
    for (const [index, [label, certificate]] of Object.entries(kinds).entries()) {
      const object = { id: `0${index + 1}`, label }
      issued.set(label, certificate)
      tokens.addCertificate('both', certificate.certificatePem, object)
      tokens.addKey('both', certificate.privateKeyPem, object)
    }
    tokens.addToken('keyonly')
    tokens.addKey('keyonly', rsa.privateKeyPem, { id: 'aa', label: 'lonely' })
    tokens.addToken('certonly')
    tokens.addCertificate('certonly', rsa.certificatePem, { id: 'bb', label: 'public part' })
    tokens.addToken('always')
    const always = await root.issue({ curve: 'P-256', subject: 'CN=always' })
    tokens.addCertificate('always', always.certificatePem, { id: '01', label: 'always' })
    tokens.addKey(
      'always',
      always.privateKeyPem,
      { id: '01', label: 'always' },
      { alwaysAuthenticate: true },
    )
    tokens.addToken('nine')
    await fillNine(tokens, root, intermediate)
  }, 120_000)

  afterAll(() => {
    tokens[Symbol.dispose]()
  })

  const ports = (answers: readonly string[] = [PIN]): TestPorts =>
    testPorts({ env: tokens.env, answers })
  const load = async (options: Written<IdentityOptions>, world = ports()): Promise<Identity> =>
    loadPkcs11Identity(placed({ pkcs11Lib: library, ...options }), world)

  it.each(['rsa-2048', 'rsa-3072', 'ec-256', 'ec-384', 'ec-521'])(
    '%s with its certificate on the token signs after one question',
    async (label) => {
      const world = ports()
      const identity = await load({ certificate: `pkcs11:token=both;object=${label}` }, world)
      expect(identity.certificate.raw).toEqual(
        new X509Certificate(issued.get(label)!.certificatePem).raw,
      )
      expect(await signsWith(identity)).toBe(true)
      expect(world.questions).toEqual(['PIN of token "both": '])
    },
  )

  it.each(['sha256', 'sha384', 'sha512'])('other hashes than the default: %s', async (hash) => {
    for (const label of ['rsa-2048', 'ec-384']) {
      const identity = await load({ certificate: `pkcs11:token=both;object=${label}` })
      expect(await signsWith(identity, hash)).toBe(true)
    }
  })

  it('a key on one token serves a certificate in a file', async () => {
    const file = tokens.file('leaf.pem', intermediate.certificatePem + rsa.certificatePem)
    const identity = await load({ certificate: file, privateKey: 'pkcs11:token=keyonly' })
    expect(identity.certificate.subject).toBe('CN=rsa-2048')
    expect(identity.chain.map(({ subject }) => subject)).toEqual(['CN=Throwaway Intermediate CA'])
    expect(await signsWith(identity)).toBe(true)
  })

  it('a selector that means no certificate in the file is no reason to take another', async () => {
    const certificate = tokens.file('leaf.pem', rsa.certificatePem)
    const loaded = load({
      certificate,
      privateKey: 'pkcs11:token=keyonly',
      certSelector: 'Key=x509Subject,Value=CN=nobody',
    })
    await expect(loaded).rejects.toMatchObject({ code: 'ERR_CONFIG_CERTIFICATE_MISSING' })
  })

  it('a certificate on one token and its key on another', async () => {
    const identity = await load({
      certificate: 'pkcs11:token=certonly',
      privateKey: 'pkcs11:token=keyonly;type=private',
    })
    expect(await signsWith(identity)).toBe(true)
  })

  it('intermediates from a file join those of the token', async () => {
    const intermediates = tokens.file(
      'chain.pem',
      intermediate.certificatePem + root.certificatePem,
    )
    await using identity = await load({
      certificate: 'pkcs11:token=both;object=rsa-2048',
      intermediates,
    })
    expect(identity.chain).toHaveLength(1)
  })

  it('of nine certificates on a token three form the chain, and the root stays out', async () => {
    const world = ports()
    await using identity = await load({ certificate: 'pkcs11:token=nine;id=%01' }, world)
    expect(identity.certificate.subject).toBe('CN=nine')
    expect(identity.chain.map(({ subject }) => subject)).toEqual([
      'CN=Lower CA',
      'CN=Throwaway Intermediate CA',
    ])
    expect(world.warnings).toEqual([])
  })

  it('an always-authenticate key asks for the PIN of signatures by itself, once in a run', async () => {
    const world = ports([PIN, PIN, PIN])
    await using identity = await load({ certificate: 'pkcs11:token=always' }, world)
    for (let count = 0; count < 2; count += 1) {
      const signature = await identity.signer.sign(MESSAGE)
      expect(verify('sha256', MESSAGE, identity.certificate.publicKey, signature)).toBe(true)
    }
    expect(world.questions).toEqual([
      'PIN of token "always": ',
      'PIN for this signature of token "always": ',
    ])
  })

  it('reusePin answers an always-authenticate key with the PIN of the login', async () => {
    const world = ports([PIN])
    const identity = await load({ certificate: 'pkcs11:token=always', reusePin: true }, world)
    expect(await signsWith(identity)).toBe(true)
    expect(world.questions).toHaveLength(1)
  })

  it('without a terminal an always-authenticate key names reusePin', async () => {
    const pin = { kind: 'env', argument: 'PIN', namedBy: 'pin' } as const
    const world = testPorts({ env: { ...tokens.env, PIN } })
    await using identity = await load({ certificate: 'pkcs11:token=always', pin }, world)
    await expect(identity.signer.sign(MESSAGE)).rejects.toMatchObject({
      code: 'ERR_TOKEN_PIN_REQUIRED',
      hint: expect.stringContaining('reusePin') as string,
    })
  })

  it.each([
    ...['rsa-2048', 'rsa-3072', 'ec-256', 'ec-384', 'ec-521'].map((label) => ({
      certificate: `pkcs11:token=both;object=${label}`,
    })),
    { certificate: 'pkcs11:token=nine;id=%01' },
    { certificate: 'pkcs11:token=always', reusePin: true },
    { certificate: 'pkcs11:token=certonly', privateKey: 'pkcs11:token=keyonly' },
  ])('the emulator accepts CreateSession signed with %j', async (options) => {
    await using emulator = await startEmulator({
      trustAnchors: root.certificatePem,
      clock: Date.now,
    })
    const intermediates = tokens.file('intermediate.pem', intermediate.certificatePem)
    const world = ports()
    await using identity = await load({ ...options, intermediates }, world)
    await using transport = createTransport({ userAgent: 'test' })
    const credentials = await createSession(sessionFor(new URL(emulator.url)), {
      ...realTime(),
      identity,
      send: transport.send,
      reporter: world.reporter,
    })
    expect(credentials.accessKeyId).toMatch(/^ASIA/u)
    expect(emulator.requests.map(({ verdict }) => verdict.kind)).toEqual(['accepted'])
  })

  it('useLatestExpiring chooses among several, which are refused without it', async () => {
    const certificate = 'pkcs11:token=nine'
    await expect(load({ certificate })).rejects.toMatchObject({
      code: 'ERR_TOKEN_AMBIGUOUS',
      detail: {
        candidates: expect.arrayContaining([expect.stringContaining('id=%01')]) as string[],
      },
    })
    await using identity = await load({ certificate, useLatestExpiringCertificate: true })
    expect(identity.certificate.subject).toBe('CN=nine')
  })

  it('a selector chooses among all tokens', async () => {
    await using identity = await load({
      certificate: 'pkcs11:',
      certSelector: 'Key=x509Subject,Value=CN=always',
    })
    expect(identity.certificate.subject).toBe('CN=always')
  })

  describe('refusals are told apart', () => {
    const cases: readonly (readonly [
      name: string,
      Written<IdentityOptions>,
      code: string,
      words: RegExp,
    ])[] = [
      [
        'no such token',
        { certificate: 'pkcs11:token=nobody' },
        'ERR_TOKEN_NOT_FOUND',
        /no token matches pkcs11:token=nobody \(present: /u,
      ],
      [
        'no such label',
        { certificate: 'pkcs11:token=both;object=nothing' },
        'ERR_TOKEN_OBJECT_NOT_FOUND',
        /no certificate matches/u,
      ],
      [
        'an unknown attribute',
        { certificate: 'pkcs11:token=both;x-vendor=1' },
        'ERR_TOKEN_NOT_FOUND',
        /x-vendor=1/u,
      ],
      [
        'slot-id=0, which is a slot and not an absent value',
        { certificate: 'pkcs11:slot-id=0' },
        'ERR_TOKEN_NOT_FOUND',
        /slot-id=0/u,
      ],
      [
        'no key for the certificate',
        { certificate: 'pkcs11:token=certonly' },
        'ERR_TOKEN_OBJECT_NOT_FOUND',
        /no private key that belongs to the certificate/u,
      ],
      [
        'a key that is not the certificate’s',
        {
          certificate: 'pkcs11:token=both;object=ec-256',
          privateKey: 'pkcs11:token=both;object=rsa-2048',
        },
        'ERR_KEY_MISMATCH',
        /does not belong to the certificate/u,
      ],
      [
        'keys on several tokens that hide them',
        {
          certificate: 'pkcs11:token=certonly',
          privateKey: 'pkcs11:manufacturer=SoftHSM%20project;object=lonely',
        },
        'ERR_TOKEN_OBJECT_NOT_FOUND',
        /no private key/u,
      ],
      [
        'a key file for a certificate on a token',
        { certificate: 'pkcs11:token=both;object=ec-256', privateKey: 'key.pem' },
        'ERR_USAGE_CONFLICT',
        /needs its private key on a token/u,
      ],
    ]
    it.each(cases)('%s', async (_name, options, code, words) => {
      await expect(load(options)).rejects.toMatchObject({
        code,
        message: expect.stringMatching(words) as string,
        hint: expect.any(String) as string,
      })
    })

    it('no PIN is asked for while several tokens match', async () => {
      const world = ports()
      const options = {
        certificate: tokens.file('c.pem', rsa.certificatePem),
        privateKey: 'pkcs11:',
      }
      await expect(load(options, world)).rejects.toMatchObject({ code: 'ERR_TOKEN_AMBIGUOUS' })
      expect(world.questions).toEqual([])
    })

    it('a PIN that is wrong, and one that is empty', async () => {
      const certificate = 'pkcs11:token=keyonly?pin-value='
      const file = tokens.file('c.pem', rsa.certificatePem)
      await expect(
        load({ certificate: file, privateKey: `${certificate}9999` }),
      ).rejects.toMatchObject({
        code: 'ERR_TOKEN_PIN_INCORRECT',
        message: expect.not.stringContaining('9999') as string,
      })
      await expect(load({ certificate: file, privateKey: certificate })).rejects.toMatchObject({
        code: 'ERR_TOKEN_PIN_REQUIRED',
      })
    })
  })

  it('pin-source in a URI: a path, a file: URI, and our own grammar', async () => {
    const path = tokens.file('pin', `${PIN}\n`)
    for (const source of [
      path,
      `file:${path}`,
      `file://${path}`,
      'env:TOKEN_PIN',
      `%7Ccat ${path}`,
    ]) {
      const world = testPorts({ env: { ...tokens.env, TOKEN_PIN: PIN } })
      const certificate = `pkcs11:token=both;object=ec-256?pin-source=${source}`
      expect(await signsWith(await load({ certificate }, world))).toBe(true)
    }
  })

  it('a listing needs no login, and with one shows the keys', async () => {
    const world = ports([PIN])
    const uri = parsePkcs11Uri('pkcs11:token=both')
    const listed = await listPkcs11({ pkcs11Lib: library, uri }, world)
    expect(world.questions).toEqual([])
    const [token] = listed.modules[0]!.tokens
    expect(token!.certificates).toHaveLength(5)
    expect(token!.keys).toEqual([])
    const after = await listPkcs11({ pkcs11Lib: library, uri, login: true }, world)
    expect(after.modules[0]!.tokens[0]!.keys.map(({ type }) => type).sort()).toEqual([
      'EC',
      'EC',
      'EC',
      'RSA',
      'RSA',
    ])
  })

  it('every URI that a listing prints finds its certificate', async () => {
    const listed = await listPkcs11(
      { pkcs11Lib: library, uri: parsePkcs11Uri('pkcs11:token=nine') },
      ports(),
    )
    const certificates = listed.modules[0]!.tokens[0]!.certificates
    expect(certificates).toHaveLength(9)
    for (const { uri, subject } of certificates) {
      const found = await readTokenCertificates(
        { pkcs11Lib: library, uri: parsePkcs11Uri(uri) },
        ports(),
      )
      expect(found.map(({ certificate }) => certificate.subject)).toContain(subject)
    }
  })

  it('a login for a listing is refused while several tokens are present', async () => {
    await expect(listPkcs11({ pkcs11Lib: library, login: true }, ports())).rejects.toMatchObject({
      code: 'ERR_TOKEN_AMBIGUOUS',
    })
  })
})

/** Nine certificates: a leaf, its two intermediates and root, a renewed leaf that has expired, and strangers. */
async function fillNine(
  tokens: SoftTokens,
  root: Authority,
  intermediate: Authority,
): Promise<void> {
  const lower = await intermediate.issueAuthority({ subject: 'CN=Lower CA' })
  const leaf = await lower.issue({
    keyType: 'ec',
    subject: 'CN=nine',
    notAfter: new Date('2040-01-01'),
  })
  const expired = await lower.issue({
    subject: 'CN=nine',
    privateKeyPem: leaf.privateKeyPem,
    notAfter: new Date('2022-06-01'),
  })
  const strangerRoot = await createAuthority({ subject: 'CN=Stranger Root' })
  const stranger = await strangerRoot.issueAuthority({ subject: 'CN=Stranger CA' })
  const others = [
    root,
    intermediate,
    lower,
    strangerRoot,
    stranger,
    await stranger.issue({ subject: 'CN=stranger 1', notAfter: new Date('2030-01-01') }),
    await stranger.issue({ subject: 'CN=stranger 2', notAfter: new Date('2030-01-01') }),
  ]
  tokens.addCertificate('nine', leaf.certificatePem, { id: '01', label: 'nine' })
  tokens.addKey('nine', leaf.privateKeyPem, { id: '01', label: 'nine' }, { isPublicHidden: true })
  tokens.addCertificate('nine', expired.certificatePem, { id: '02', label: 'nine, expired' })
  for (const [index, { certificatePem }] of others.entries()) {
    tokens.addCertificate('nine', certificatePem, { id: `1${index}`, label: `other ${index}` })
  }
}
