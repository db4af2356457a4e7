/**
 * Certificate authorities, chains, leaves and revocation lists that live for one demo or one test.
 *
 * Makes right certificates by default and wrong ones on request (no keyUsage, version 1, SHA-1, empty
 * subject, negative serial), because what refuses them has to be shown one. Private keys leave here
 * unencrypted: nothing made here may guard anything.
 *
 * @see RFC 5280 sections 4 and 5
 * @module
 */

import {
  createPrivateKey,
  createPublicKey,
  generateKeyPair,
  generateKeyPairSync,
  randomBytes,
  sign,
  type KeyObject,
  type webcrypto,
} from 'node:crypto'
import { promisify } from 'node:util'
import { Certificate, KeyUsage, Version, id_ce_keyUsage } from '@peculiar/asn1-x509'
import { AsnConvert } from '@peculiar/asn1-schema'
import { engine, x509 } from './x509-engine.ts'

export type KeyUsageName = keyof typeof KEY_USAGE_BITS

export type MlDsaKeyType = 'ml-dsa-44' | 'ml-dsa-65' | 'ml-dsa-87'

export interface CertificateOptions {
  /** Default `ec`. */
  readonly keyType?: 'rsa' | 'ec' | MlDsaKeyType
  /** RSA only; bits, default 2048. */
  readonly modulusLength?: number
  /** EC only; default P-256. */
  readonly curve?: 'P-256' | 'P-384' | 'P-521'
  /** Reuse this PKCS#8 key instead of making one. */
  readonly privateKeyPem?: string
  /** As in RFC 4514, such as `CN=web,O=Example`; the empty string makes an empty subject. */
  readonly subject?: string
  /** Any size and sign; default 16 random bytes, positive. */
  readonly serialNumber?: bigint
  /** Default 2020-01-01: fixed, so that a certificate is valid under any clock a test owns. */
  readonly notBefore?: Date
  /** Default 2049-12-31. */
  readonly notAfter?: Date
  /** Default 3. Version 1 carries no extensions at all. */
  readonly version?: 1 | 3
  /** Of the signature on the certificate; default SHA-256. */
  readonly hash?: 'SHA-1' | 'SHA-256' | 'SHA-384' | 'SHA-512'
  /** The basicConstraints CA flag; `null` leaves the extension out. Default: what was asked for. */
  readonly isCa?: boolean | null
  /** How many CA certificates may follow below this one. */
  readonly pathLength?: number
  /** `null` leaves the extension out. Default: digitalSignature, or for a CA keyCertSign and cRLSign. */
  readonly keyUsage?: readonly KeyUsageName[] | null
  /** Names a TLS server is known by. */
  readonly dnsNames?: readonly string[]
  readonly ipAddresses?: readonly string[]
}

export interface IssuedCertificate {
  readonly certificatePem: string
  /** PKCS#8, not encrypted. */
  readonly privateKeyPem: string
  readonly serialNumber: bigint
}

export interface RevocationListOptions {
  readonly thisUpdate?: Date
  readonly nextUpdate?: Date
}

/** A certification authority, root or intermediate, that can issue. */
export interface Authority extends IssuedCertificate {
  issue(options?: CertificateOptions): Promise<IssuedCertificate>
  issueAuthority(options?: CertificateOptions): Promise<Authority>
  /** A CRL in PEM that names these serial numbers. */
  revocationList(revoked: readonly bigint[], options?: RevocationListOptions): Promise<string>
}

/**
 * A self-signed root.
 *
 * @example
 * const root = await createAuthority()
 * const intermediate = await root.issueAuthority({ subject: 'CN=Issuing CA' })
 * const leaf = await intermediate.issue({ keyType: 'rsa', subject: 'CN=client' })
 */
export async function createAuthority(options: CertificateOptions = {}): Promise<Authority> {
  return authority(await makeCertificate({ subject: 'CN=Throwaway Root CA', ...options }, true))
}

interface Material {
  readonly certificate: x509.X509Certificate
  readonly key: KeyObject
  readonly issued: IssuedCertificate
}

function authority(own: Material): Authority {
  return {
    ...own.issued,
    async issue(options = {}) {
      const leaf = { subject: 'CN=Throwaway Leaf', ...options }
      return (await makeCertificate(leaf, false, own)).issued
    },
    async issueAuthority(options = {}) {
      const lower = { subject: 'CN=Throwaway Intermediate CA', ...options }
      return authority(await makeCertificate(lower, true, own))
    },
    async revocationList(revoked, options = {}) {
      const signingKey = await engineKey(own.key, 'SHA-256')
      const list = await x509.X509CrlGenerator.create(
        {
          issuer: own.certificate.subjectName,
          thisUpdate: options.thisUpdate ?? DEFAULT_NOT_BEFORE,
          nextUpdate: options.nextUpdate ?? DEFAULT_NOT_AFTER,
          entries: revoked.map((serialNumber) => ({
            serialNumber: integerBytes(serialNumber).toString('hex'),
            revocationDate: options.thisUpdate ?? DEFAULT_NOT_BEFORE,
            // Without a reason the library writes an empty list of extensions, which DER forbids.
            reason: x509.X509CrlReason.keyCompromise,
          })),
          extensions: [
            new x509.Extension(CRL_NUMBER, false, Buffer.from('020101', 'hex')),
            await x509.AuthorityKeyIdentifierExtension.create(
              publicKeyBytes(own.key),
              false,
              engine,
            ),
          ],
          signingAlgorithm: { name: signingKey.algorithm.name, hash: 'SHA-256' },
          signingKey,
        },
        engine,
      )
      // The library's own label is `CRL`; RFC 7468 section 6 and OpenSSL say `X509 CRL`.
      return `${x509.PemConverter.encode(list.rawData, 'X509 CRL')}\n`
    },
  }
}

async function makeCertificate(
  options: CertificateOptions,
  asCa: boolean,
  issuer?: Material,
): Promise<Material> {
  const key = await privateKey(options)
  const hash = options.hash ?? 'SHA-256'
  const serialNumber = options.serialNumber ?? randomSerialNumber()
  const subject = new x509.Name(options.subject ?? '')
  const signingKey = await engineKey((issuer ?? { key }).key, hash)
  const generated = await x509.X509CertificateGenerator.create(
    {
      serialNumber: integerBytes(serialNumber).toString('hex'),
      subject,
      issuer: issuer?.certificate.subjectName ?? subject,
      notBefore: options.notBefore ?? DEFAULT_NOT_BEFORE,
      notAfter: options.notAfter ?? DEFAULT_NOT_AFTER,
      extensions: await extensions(options, asCa, key, issuer?.key),
      publicKey: publicKeyBytes(key),
      signingKey,
      signingAlgorithm: { name: signingKey.algorithm.name, hash },
    },
    engine,
  )
  const certificate =
    options.version === 1 || serialNumber <= 0n
      ? reissued(generated, (issuer ?? { key }).key, options)
      : generated
  return {
    certificate,
    key,
    issued: {
      certificatePem: `${certificate.toString('pem')}\n`,
      privateKeyPem: key.export({ format: 'pem', type: 'pkcs8' }).toString(),
      serialNumber,
    },
  }
}

async function extensions(
  options: CertificateOptions,
  asCa: boolean,
  key: KeyObject,
  issuerKey: KeyObject | undefined,
): Promise<x509.Extension[]> {
  const isCa = options.isCa === undefined ? asCa : options.isCa
  const usages = options.keyUsage === undefined ? defaultKeyUsage(asCa) : options.keyUsage
  const list: x509.Extension[] = []
  if (isCa !== null) {
    list.push(new x509.BasicConstraintsExtension(isCa, options.pathLength, true))
  }
  if (usages !== null) {
    const bits = usages.reduce((sum, usage) => sum | KEY_USAGE_BITS[usage], 0)
    const value = AsnConvert.serialize(new KeyUsage(bits))
    list.push(new x509.Extension(id_ce_keyUsage, true, value))
  }
  const names = [
    ...(options.dnsNames ?? []).map((value) => ({ type: 'dns' as const, value })),
    ...(options.ipAddresses ?? []).map((value) => ({ type: 'ip' as const, value })),
  ]
  if (names.length > 0) list.push(new x509.SubjectAlternativeNameExtension(names))
  const identifier = publicKeyBytes(key)
  list.push(await x509.SubjectKeyIdentifierExtension.create(identifier, false, engine))
  if (issuerKey !== undefined) {
    const issuer = publicKeyBytes(issuerKey)
    list.push(await x509.AuthorityKeyIdentifierExtension.create(issuer, false, engine))
  }
  return list
}

function defaultKeyUsage(asCa: boolean): readonly KeyUsageName[] {
  return asCa ? ['keyCertSign', 'cRLSign'] : ['digitalSignature']
}

/** What the generator refuses to write: version 1, and serial numbers that are not positive. */
function reissued(
  generated: x509.X509Certificate,
  issuerKey: KeyObject,
  options: CertificateOptions,
): x509.X509Certificate {
  const certificate = AsnConvert.parse(generated.rawData, Certificate)
  const content = certificate.tbsCertificate
  if (options.serialNumber !== undefined) {
    content.serialNumber = Uint8Array.from(integerBytes(options.serialNumber)).buffer
  }
  if (options.version === 1) {
    content.version = Version.v1
    delete content.extensions
  }
  const bytes = Buffer.from(AsnConvert.serialize(content))
  const signature = sign(options.hash ?? 'SHA-256', bytes, issuerKey)
  certificate.signatureValue = Uint8Array.from(signature).buffer
  return new x509.X509Certificate(AsnConvert.serialize(certificate))
}

async function privateKey(options: CertificateOptions): Promise<KeyObject> {
  if (options.privateKeyPem !== undefined) return createPrivateKey(options.privateKeyPem)
  const { keyType = 'ec', modulusLength = 2048, curve = 'P-256' } = options
  const generate = promisify(generateKeyPair)
  switch (keyType) {
    case 'rsa':
      return (await generate('rsa', { modulusLength })).privateKey
    case 'ec':
      return (await generate('ec', { namedCurve: curve })).privateKey
    default:
      return generateMlDsaKey(keyType)
  }
}

/** For leaves: the certificate library cannot sign with such a key. */
function generateMlDsaKey(keyType: MlDsaKeyType): KeyObject {
  return generateKeyPairSync(keyType).privateKey
}

function publicKeyBytes(key: KeyObject): Buffer {
  return createPublicKey(key).export({ format: 'der', type: 'spki' })
}

/** WebCrypto binds an RSA key to one hash when it is imported. */
function engineKey(key: KeyObject, hash: string): Promise<webcrypto.CryptoKey> {
  const algorithm =
    key.asymmetricKeyType === 'rsa'
      ? { name: 'RSASSA-PKCS1-v1_5', hash }
      : { name: 'ECDSA', namedCurve: WEBCRYPTO_CURVES[key.asymmetricKeyDetails?.namedCurve ?? ''] }
  const pkcs8 = key.export({ format: 'der', type: 'pkcs8' })
  return engine.subtle.importKey('pkcs8', pkcs8, algorithm, false, ['sign'])
}

function randomSerialNumber(): bigint {
  const bytes = randomBytes(16)
  return (BigInt(`0x${bytes.toString('hex')}`) >> 1n) | (1n << 120n)
}

/** The content bytes of a DER INTEGER: two's complement, as few bytes as possible. */
function integerBytes(value: bigint): Buffer {
  let bits = 8
  while (BigInt.asIntN(bits, value) !== value) bits += 8
  const hex = BigInt.asUintN(bits, value).toString(16)
  return Buffer.from(hex.padStart(bits / 4, '0'), 'hex')
}

const CRL_NUMBER = '2.5.29.20'

const DEFAULT_NOT_BEFORE = new Date('2020-01-01T00:00:00Z')
const DEFAULT_NOT_AFTER = new Date('2049-12-31T23:59:59Z')

const WEBCRYPTO_CURVES: Readonly<Record<string, string>> = {
  prime256v1: 'P-256',
  secp384r1: 'P-384',
  secp521r1: 'P-521',
}

/** The named bits of RFC 5280 section 4.2.1.3. */
const KEY_USAGE_BITS = {
  digitalSignature: 1 << 0,
  keyEncipherment: 1 << 2,
  keyCertSign: 1 << 5,
  cRLSign: 1 << 6,
}
