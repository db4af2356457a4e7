/**
 * Chains of certificates and revocation lists, made from what is out of the ordinary about them.
 *
 * Everything not said is right: a root, the CAs asked for, a leaf, each with the extensions its kind
 * needs. Keys are made once for each role in a chain.
 *
 * @module
 */

import { createHash, generateKeyPairSync, sign, type KeyObject } from 'node:crypto'
import {
  bitString,
  explicit,
  implicit,
  integer,
  nothing,
  objectIdentifier,
  sequence,
  time,
} from './der.ts'
import {
  OID,
  basicConstraints,
  encodeExtensions,
  extension,
  keyUsage,
  type Extension,
} from './extensions.ts'
import { name } from './names.ts'

export type Hash = 'MD5' | 'SHA1' | 'SHA224' | 'SHA256' | 'SHA384' | 'SHA512'

/** What is out of the ordinary about a certificate. */
export interface Odd {
  readonly subject?: string | Buffer
  /** In place of the subject of the one above. */
  readonly issuer?: string | Buffer
  readonly serial?: bigint
  readonly notBefore?: Date | Buffer
  readonly notAfter?: Date | Buffer
  /** As a certificate counts: 0 is version 1, 2 is version 3. */
  readonly version?: 0 | 1 | 2
  /** In place of the usual extension of the same kind, or in addition. */
  readonly with?: readonly Extension[]
  /** Object identifiers of usual extensions to leave out. */
  readonly without?: readonly string[]
  /** In addition, even to one of the same kind. */
  readonly twice?: readonly Extension[]
  /** No extensions at all. */
  readonly bare?: boolean
  /** Name of the key; the same name is the same key. */
  readonly key?: string
  /** `rsa` is made at 2048 bits. */
  readonly keyType?: KeyKind
  /** In place of the key's own, as SubjectPublicKeyInfo. */
  readonly publicKey?: Buffer
  /** Name of the key that signs, in place of the key of the one above. */
  readonly signedBy?: string
  /** Of the signature on this certificate. */
  readonly hash?: Hash
  /** The algorithm inside the signed part, where it is to differ. */
  readonly innerHash?: Hash
  /** One bit of the signature is flipped. */
  readonly damaged?: boolean
}

export type KeyKind = 'P-256' | 'P-384' | 'P-521' | 'rsa' | 'ed25519'

export interface OddList {
  /** Which one signs: 0 is the root, 1 the first CA below. */
  readonly by?: number
  readonly revoked?: readonly bigint[]
  readonly thisUpdate?: Date
  readonly nextUpdate?: Date | null
  readonly with?: readonly Extension[]
  readonly without?: readonly string[]
  readonly entryExtensions?: readonly Extension[]
  readonly hash?: Hash
  readonly damaged?: boolean
}

export interface ChainRecipe {
  readonly root?: Odd
  /** From the root downwards. */
  readonly cas?: readonly Odd[]
  readonly leaf?: Odd
  /** Which certificate is trusted: 0 is the root (default). */
  readonly anchor?: number
  /** Certificates that are sent besides, from the same keys: indices into root and CAs. */
  readonly alsoSent?: readonly Odd[]
  /** Certificates that are not sent: 1 is the first CA. */
  readonly withheld?: readonly number[]
  readonly lists?: readonly OddList[]
}

export interface MadeChain {
  readonly anchor: Buffer
  readonly sent: readonly Buffer[]
  readonly leaf: Buffer
  readonly lists: readonly Buffer[]
}

export const VALID_FROM = new Date('2020-01-01T00:00:00Z')
export const VALID_TO = new Date('2049-12-31T23:59:59Z')

export function makeChain(recipe: ChainRecipe): MadeChain {
  const authorities = [
    { subject: 'O=Example,CN=Root', ...recipe.root, key: recipe.root?.key ?? 'root' },
  ].concat(
    (recipe.cas ?? []).map((odd, index) => ({
      subject: `O=Example,CN=CA ${index + 1}`,
      ...odd,
      key: odd.key ?? `ca ${index + 1}`,
    })),
  )
  const made = authorities.map((odd, index) =>
    makeCertificate(odd, authorities[index - 1] ?? odd, true),
  )
  const lowest = authorities.at(-1) ?? {}
  const leaf = { subject: 'O=Example,CN=client', ...recipe.leaf, key: recipe.leaf?.key ?? 'leaf' }
  const anchor = recipe.anchor ?? 0
  const sent = made.filter((_, index) => index !== anchor && !recipe.withheld?.includes(index))
  const others = (recipe.alsoSent ?? []).map((odd) =>
    makeCertificate(odd, authorities[0] ?? {}, true),
  )
  return {
    anchor: made[anchor] ?? Buffer.alloc(0),
    sent: [...sent.reverse(), ...others],
    leaf: makeCertificate(leaf, lowest, false),
    lists: (recipe.lists ?? []).map((odd) => makeList(odd, authorities[odd.by ?? 0] ?? {})),
  }
}

function makeCertificate(odd: Odd, above: Odd, asCa: boolean): Buffer {
  const key = keyPair(odd.key ?? 'other', odd.keyType)
  const signing = keyPair(
    odd.signedBy ?? above.key ?? 'other',
    odd.signedBy === undefined ? above.keyType : undefined,
  )
  const hash = odd.hash ?? 'SHA256'
  const version = odd.version ?? 2
  const content = sequence(
    ...(version === 0 ? [] : [explicit(0, integer(version))]),
    integer(odd.serial ?? serialOf(odd, asCa)),
    algorithm(signing.privateKey, odd.innerHash ?? hash),
    encodedName(odd.issuer ?? above.subject ?? ''),
    sequence(encodedTime(odd.notBefore ?? VALID_FROM), encodedTime(odd.notAfter ?? VALID_TO)),
    encodedName(odd.subject ?? ''),
    odd.publicKey ?? spki(key.publicKey),
    ...(odd.bare === true
      ? []
      : [explicit(3, encodeExtensions(extensionsOf(odd, key, signing, asCa)))]),
  )
  return signed(content, signing.privateKey, hash, odd.damaged)
}

function extensionsOf(
  odd: Odd,
  key: KeyPair,
  signing: KeyPair,
  asCa: boolean,
): readonly Extension[] {
  const usual = [
    basicConstraints(asCa),
    asCa ? keyUsage('keyCertSign', 'cRLSign') : keyUsage('digitalSignature'),
    subjectKeyIdentifier(key),
    authorityKeyIdentifier(signing),
  ]
  const given = odd.with ?? []
  return [
    ...usual.map((extension) => given.find(({ oid }) => oid === extension.oid) ?? extension),
    ...given.filter(({ oid }) => !usual.some((extension) => extension.oid === oid)),
  ]
    .filter(({ oid }) => odd.without?.includes(oid) !== true)
    .concat(odd.twice ?? [])
}

function makeList(odd: OddList, issuer: Odd): Buffer {
  const { privateKey, publicKey } = keyPair(issuer.key ?? 'other', issuer.keyType)
  const hash = odd.hash ?? 'SHA256'
  const given = odd.with ?? []
  const usual = [
    authorityKeyIdentifier({ privateKey, publicKey }),
    extension(OID.crlNumber, integer(1)),
  ]
  const extensions = [
    ...usual.filter(({ oid }) => !given.some((other) => other.oid === oid)),
    ...given,
  ].filter(({ oid }) => odd.without?.includes(oid) !== true)
  const entries = (odd.revoked ?? []).map((serial) =>
    sequence(
      integer(serial),
      time(VALID_FROM),
      ...(odd.entryExtensions === undefined ? [] : [encodeExtensions(odd.entryExtensions)]),
    ),
  )
  const content = sequence(
    integer(1),
    algorithm(privateKey, hash),
    encodedName(issuer.subject ?? ''),
    time(odd.thisUpdate ?? VALID_FROM),
    ...(odd.nextUpdate === null ? [] : [time(odd.nextUpdate ?? VALID_TO)]),
    ...(entries.length === 0 ? [] : [sequence(...entries)]),
    explicit(0, encodeExtensions(extensions)),
  )
  return signed(content, privateKey, hash, odd.damaged)
}

function signed(content: Buffer, key: KeyObject, hash: Hash, damaged = false): Buffer {
  const signature = sign(key.asymmetricKeyType === 'ed25519' ? null : hash, content, key)
  if (damaged) signature[signature.length - 1] = (signature.at(-1) ?? 0) ^ 1
  return sequence(content, algorithm(key, hash), bitString(signature))
}

interface KeyPair {
  readonly publicKey: KeyObject
  readonly privateKey: KeyObject
}

const keyPairs = new Map<string, KeyPair>()

export function keyPair(label: string, kind: KeyKind = 'P-256'): KeyPair {
  const id = `${label} ${kind}`
  const known = keyPairs.get(id) ?? makeKeyPair(kind)
  keyPairs.set(id, known)
  return known
}

function makeKeyPair(kind: KeyKind): KeyPair {
  if (kind === 'rsa') return generateKeyPairSync('rsa', { modulusLength: 2048 })
  if (kind === 'ed25519') return generateKeyPairSync('ed25519')
  return generateKeyPairSync('ec', { namedCurve: kind })
}

export function spki(key: KeyObject): Buffer {
  return key.export({ format: 'der', type: 'spki' })
}

function keyIdentifier({ publicKey }: KeyPair): Buffer {
  return createHash('sha1').update(spki(publicKey)).digest()
}

export function subjectKeyIdentifier(key: KeyPair): Extension {
  const content = keyIdentifier(key)
  return extension(
    OID.subjectKeyIdentifier,
    Buffer.concat([Buffer.from([4, content.length]), content]),
  )
}

export function authorityKeyIdentifier(key: KeyPair): Extension {
  return extension(OID.authorityKeyIdentifier, sequence(implicit(0, keyIdentifier(key))))
}

function algorithm(key: KeyObject, hash: Hash): Buffer {
  if (key.asymmetricKeyType === 'ed25519') return sequence(objectIdentifier('1.3.101.112'))
  return key.asymmetricKeyType === 'rsa'
    ? sequence(objectIdentifier(`1.2.840.113549.1.1.${RSA[hash]}`), nothing())
    : sequence(objectIdentifier(`1.2.840.10045.4.${ECDSA[hash]}`))
}

const RSA: Readonly<Record<Hash, number>> = {
  MD5: 4,
  SHA1: 5,
  SHA224: 14,
  SHA256: 11,
  SHA384: 12,
  SHA512: 13,
}
const ECDSA: Readonly<Record<Hash, string>> = {
  MD5: '0',
  SHA1: '1',
  SHA224: '3.1',
  SHA256: '3.2',
  SHA384: '3.3',
  SHA512: '3.4',
}

/** The same name makes the same number, so that a list can revoke it. */
function serialOf({ subject = '' }: Odd, asCa: boolean): bigint {
  const digest = createHash('sha256')
    .update(encodedName(subject))
    .update(String(asCa))
    .digest('hex')
  return BigInt(`0x5${digest.slice(0, 30)}`)
}

function encodedName(given: string | Buffer): Buffer {
  return typeof given === 'string' ? name(given) : given
}

function encodedTime(at: Date | Buffer): Buffer {
  return at instanceof Date ? time(at) : at
}
