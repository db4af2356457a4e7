import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { parsePkcs11Uri } from '../../../../../src/core/pkcs11-uri.ts'
import { chooseKey } from '../../../../../src/identity/pkcs11/token/choose-key.ts'
import type {
  KeyObjectInfo,
  TokenObjects,
} from '../../../../../src/identity/pkcs11/host-protocol.ts'

const RSA = 0
const EC = 3
const rsa = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey
const [ec, otherEc] = [0, 1].map(
  () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey,
) as [KeyObject, KeyObject]

function key(id: string, label: string, more: Partial<KeyObjectInfo> = {}): KeyObjectInfo {
  const flags = { canSign: true, isPrivate: true, alwaysAuthenticate: false }
  return { handle: `${id}${label}`, id, label, keyType: EC, ...flags, ...more }
}

const modulusOf = (publicKey: KeyObject): string =>
  Buffer.from(publicKey.export({ format: 'jwk' }).n!, 'base64url').toString('hex')

function pointOf(publicKey: KeyObject): string {
  const { x, y } = publicKey.export({ format: 'jwk' })
  return `0441${Buffer.concat([Uint8Array.of(4), Buffer.from(x!, 'base64url'), Buffer.from(y!, 'base64url')]).toString('hex')}`
}

function choose(
  objects: Partial<TokenObjects>,
  publicKey: KeyObject | undefined,
  uri = 'pkcs11:',
  { certificateId, isExplicit = false }: { certificateId?: string; isExplicit?: boolean } = {},
): string {
  const choice = chooseKey(
    { certificates: [], privateKeys: [], publicKeys: [], ...objects },
    { publicKey, certificateId, uri: parsePkcs11Uri(uri), isExplicit },
  )
  return choice.kind === 'found' ? choice.key.handle : choice.kind
}

describe('a private key', () => {
  it('is found by its public key, whatever its id and label say', () => {
    const privateKeys = [
      key('01', 'a', { keyType: RSA, modulus: `00${modulusOf(rsa)}` }),
      key('02', 'b', { ecPoint: pointOf(ec) }),
    ]
    expect(choose({ privateKeys }, rsa, 'pkcs11:', { certificateId: '02' })).toBe('01a')
    expect(choose({ privateKeys }, ec, 'pkcs11:', { certificateId: '01' })).toBe('02b')
  })

  it('is found by the point of its public object, and by a bare point', () => {
    const publicKeys = [
      key('01', '', { ecPoint: pointOf(otherEc) }),
      key('02', '', { ecPoint: pointOf(ec).slice(4) }),
    ]
    expect(choose({ privateKeys: [key('01', 'a'), key('02', 'b')], publicKeys }, ec)).toBe('02b')
  })

  it('without any public object is found by the id of the certificate', () => {
    const privateKeys = [key('01', 'a'), key('02', 'b')]
    expect(choose({ privateKeys }, ec, 'pkcs11:', { certificateId: '02' })).toBe('02b')
    expect(choose({ privateKeys }, ec, 'pkcs11:', { certificateId: '03' })).toBe('none')
  })

  it('without a matching id is found by the label of the URI, never without one', () => {
    const privateKeys = [key('01', 'a'), key('02', 'b')]
    expect(choose({ privateKeys }, ec, 'pkcs11:object=b', { certificateId: '03' })).toBe('02b')
    expect(choose({ privateKeys }, ec, 'pkcs11:token=x')).toBe('none')
  })

  it('of another type is never taken for one without a public object', () => {
    const privateKeys = [key('01', 'a', { keyType: RSA })]
    expect(choose({ privateKeys }, ec, 'pkcs11:', { certificateId: '01' })).toBe('none')
  })

  it('that may not sign is no candidate', () => {
    const privateKeys = [key('01', 'a', { canSign: false }), key('01', 'b')]
    expect(choose({ privateKeys }, ec, 'pkcs11:', { certificateId: '01' })).toBe('01b')
  })

  it('named by a URI of its own is refused when it is another one', () => {
    const privateKeys = [
      key('01', 'a', { ecPoint: pointOf(otherEc) }),
      key('02', 'b', { ecPoint: pointOf(ec) }),
    ]
    expect(choose({ privateKeys }, ec, 'pkcs11:object=a', { isExplicit: true })).toBe('mismatch')
    expect(choose({ privateKeys }, ec, 'pkcs11:object=b', { isExplicit: true })).toBe('02b')
  })

  it('two that the token does not tell apart are refused', () => {
    const privateKeys = [key('01', 'a'), key('01', 'b')]
    expect(choose({ privateKeys }, ec, 'pkcs11:', { certificateId: '01' })).toBe('ambiguous')
    expect(choose({ privateKeys }, undefined, 'pkcs11:', { isExplicit: true })).toBe('ambiguous')
  })

  it('a point that is no point of the curve tells nothing', () => {
    const privateKeys = [key('01', 'a', { ecPoint: `04${'11'.repeat(64)}` })]
    expect(choose({ privateKeys }, ec, 'pkcs11:', { certificateId: '01' })).toBe('01a')
  })

  it('of ML-DSA is found by what the token tells of its public half', () => {
    const [own, other] = [0, 1].map(() => generateKeyPairSync('ml-dsa-44').publicKey) as [
      KeyObject,
      KeyObject,
    ]
    const mlDsa = { keyType: 0x4a, parameterSet: 1 }
    const infoOf = (publicKey: KeyObject): string =>
      publicKey.export({ format: 'der', type: 'spki' }).toString('hex')
    const valueOf = (publicKey: KeyObject): string =>
      Buffer.from(publicKey.export({ format: 'jwk' })['pub'] as string, 'base64url').toString('hex')
    const privateKeys = [key('01', 'a', mlDsa), key('02', 'b', mlDsa)]
    const byValue = [own, other].map((publicKey, index) =>
      key(`0${2 - index}`, '', { ...mlDsa, publicValue: valueOf(publicKey) }),
    )
    expect(choose({ privateKeys, publicKeys: byValue }, own)).toBe('02b')
    const byInfo = [
      key('01', 'a', { ...mlDsa, publicKeyInfo: infoOf(other) }),
      key('02', 'b', { ...mlDsa, publicKeyInfo: infoOf(own) }),
    ]
    expect(choose({ privateKeys: byInfo }, own)).toBe('02b')
    expect(choose({ privateKeys }, own, 'pkcs11:', { certificateId: '01' })).toBe('01a')
  })
})
