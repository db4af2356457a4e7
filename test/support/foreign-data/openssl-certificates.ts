/**
 * Certificates as openssl issues them, the odd ones that its options allow among them.
 *
 * All are signed with their own key: what is read here is one certificate, and chains are tested
 * elsewhere.
 *
 * @see RFC 5280 section 4
 * @module
 */

import { plainKey, type KeyName } from './private-keys.ts'
import type { Recipe, Workshop } from './workshop.ts'

/** What is advised against in a certificate. */
export type Advice = 'version' | 'authority' | 'serial number' | 'signature' | 'subject'

export interface ForeignCertificate extends Recipe {
  /** Undefined where the program draws it by lot: the judge asks openssl. */
  readonly serialNumber: bigint | undefined
  readonly advice: readonly Advice[]
}

interface OpensslOptions {
  readonly key?: KeyName
  readonly serialNumber?: bigint
  readonly subject?: string
  /** Lines of the extension section; none makes version 1. */
  readonly extensions?: readonly string[]
  /** `-sha256` and the like, and `-sigopt`. */
  readonly signature?: readonly string[]
  /** OpenSSL's `string_mask`: which string types a subject may have. */
  readonly stringMask?: string
  readonly advice?: readonly Advice[]
}

const LEAF = ['basicConstraints=critical,CA:false', 'keyUsage=critical,digitalSignature']
const SERIAL = 0x15d1_9632n

/** Issues with `openssl req -x509`, and a configuration of its own, into `out`. */
export function issue(shop: Workshop, out: string, options: OpensslOptions = {}): void {
  const { key = 'ec-p256', extensions = LEAF, stringMask = 'utf8only' } = options
  const extensionLines = extensions.length === 0 ? '' : 'x509_extensions = ext\n'
  const config = shop.write(
    `${out}.cnf`,
    `[req]\ndistinguished_name = dn\nutf8 = yes\nstring_mask = ${stringMask}\n${extensionLines}` +
      `[dn]\n[ext]\n${extensions.join('\n')}\n`,
  )
  shop.openssl(
    ...['req', '-x509', '-new', '-key', plainKey(shop, key), '-config', config, '-out', out],
    ...['-subj', options.subject ?? '/O=Example/CN=client', '-days', '3650', '-utf8'],
    ...['-set_serial', String(options.serialNumber ?? SERIAL)],
    ...(options.signature ?? ['-sha256']),
  )
}

function openssl(name: string, options: OpensslOptions = {}): ForeignCertificate {
  const { serialNumber = SERIAL, advice = [] } = options
  return {
    name,
    writer: 'openssl',
    serialNumber,
    advice,
    make: (shop, out) => {
      issue(shop, out, options)
    },
  }
}

/** A good certificate of openssl in another wrapping. */
function wrapped(
  name: string,
  wrap: (shop: Workshop, pem: string) => string | Uint8Array,
): ForeignCertificate {
  return {
    name,
    writer: 'openssl',
    serialNumber: SERIAL,
    advice: [],
    make: (shop, out) => {
      issue(shop, `${out}.plain`)
      shop.write(out, wrap(shop, `${out}.plain`))
    },
  }
}

/** A subject of everything that has ever been put into one. */
const LONG_SUBJECT =
  '/C=DE/ST=Hessen/L=Frankfurt am Main/street=Straße 1/O=A+OU=B/OU=one/OU=two/serialNumber=1' +
  '/GN=Ada/SN=Lovelace/title=Dr/dnQualifier=q/DC=example/DC=org/UID=42' +
  '/emailAddress=ada@example.org/CN=a\\/b, "c" \\\\ <d>; #e=f'

export const OPENSSL_CERTIFICATES: readonly ForeignCertificate[] = [
  openssl('EC P-256'),
  ...(['ec-p384', 'ec-p521', 'rsa-2048', 'rsa-2432', 'rsa-1024', 'rsa-3-primes'] as const).map(
    (key) => openssl(`key ${key}`, { key }),
  ),
  // Keys that cannot sign a request may still stand in a certificate that is looked at.
  ...(['dsa', 'ec-secp256k1', 'ec-brainpool'] as const).map((key) =>
    openssl(`key ${key}`, { key }),
  ),
  ...(['ed25519', 'ed448'] as const).map((key) => openssl(`key ${key}`, { key, signature: [] })),
  openssl('key rsa-pss', { key: 'rsa-pss' }),
  ...['sha224', 'sha384', 'sha512', 'sha512-256', 'sha3-256'].map((hash) =>
    openssl(`RSA with ${hash}`, { key: 'rsa-2048', signature: [`-${hash}`] }),
  ),
  openssl('RSA-PSS with SHA-256', {
    key: 'rsa-2048',
    signature: ['-sha256', '-sigopt', 'rsa_padding_mode:pss'],
  }),
  openssl('RSA with MD5', { key: 'rsa-2048', signature: ['-md5'], advice: ['signature'] }),
  openssl('RSA with SHA-1', { key: 'rsa-2048', signature: ['-sha1'], advice: ['signature'] }),
  openssl('ECDSA with SHA-1', { signature: ['-sha1'], advice: ['signature'] }),
  openssl('version 1', { extensions: [], advice: ['version'] }),
  openssl('a CA', {
    extensions: ['basicConstraints=critical,CA:true', 'keyUsage=keyCertSign,cRLSign'],
    advice: ['authority'],
  }),
  openssl('a CA that may sign', {
    extensions: ['basicConstraints=CA:true', 'keyUsage=keyCertSign,digitalSignature'],
    advice: ['authority'],
  }),
  openssl('keyUsage absent', { extensions: ['basicConstraints=CA:false'] }),
  openssl('keyUsage without digitalSignature', { extensions: ['keyUsage=keyEncipherment'] }),
  openssl('every usage there is', {
    extensions: [
      ...LEAF,
      'extendedKeyUsage=clientAuth,serverAuth,emailProtection,OCSPSigning,1.2.3.4',
      'subjectKeyIdentifier=hash',
      'certificatePolicies=1.2.3.4',
      'nameConstraints=permitted;DNS:example.org',
      'nsCertType=client',
      'tlsfeature=status_request',
    ],
  }),
  ...[
    ['1', 1n],
    ['of 64 bits, the highest set', 0xffff_ffff_ffff_fff0n],
    ['of 20 octets', 2n ** 159n - 12_345n],
    ['of 21 octets, the highest bit set', 2n ** 160n - 1n],
    ['of 22 octets', 2n ** 170n + 7n],
  ].map(([what, serialNumber]) =>
    openssl(`serial number ${String(what)}`, { serialNumber: BigInt(serialNumber ?? 0) }),
  ),
  ...[0n, -1n, -128n, -(2n ** 64n) - 5n].map((serialNumber) =>
    openssl(`serial number ${serialNumber}`, { serialNumber, advice: ['serial number'] }),
  ),
  openssl('an empty subject', { subject: '/', advice: ['subject'] }),
  openssl('a subject of all kinds', { subject: LONG_SUBJECT }),
  openssl('a subject in BMPString, as Windows makes it', {
    subject: '/O=Größe/CN=世界',
    stringMask: 'pkix',
  }),
  openssl('a subject in T61String', { subject: '/O=Größe/CN=café', stringMask: 'nombstr' }),
  openssl('other names that try to look like more', {
    extensions: [
      ...LEAF,
      'subjectAltName=@names',
      '[names]',
      'DNS.1 = good.example\\, DNS:evil.example',
      'email.1 = a@example.org',
      'URI.1 = http://example.org/?a=1\\,DNS:evil.example',
      'IP.1 = 2001:db8::1',
      'RID.1 = 1.2.3.4',
      'otherName.1 = 1.3.6.1.4.1.311.20.2.3;UTF8:user@example.org',
      'dirName.1 = dir',
      '[dir]',
      'CN = directory',
    ],
  }),
  // GeneralName [7] IPAddress of two octets, and an extension that is no GeneralNames at all.
  openssl('an address of two octets', {
    extensions: [...LEAF, 'subjectAltName=DER:30:04:87:02:00:08'],
  }),
  openssl('other names that do not parse', {
    extensions: [...LEAF, 'subjectAltName=DER:04:02:00:08'],
  }),
  wrapped('in DER', (shop, pem) => shop.openssl('x509', '-in', pem, '-outform', 'DER')),
  wrapped('under its text', (shop, pem) => shop.openssl('x509', '-in', pem, '-text')),
  wrapped('with trust settings', (shop, pem) =>
    shop.openssl('x509', '-in', pem, '-trustout', '-addtrust', 'clientAuth', '-setalias', 'mine'),
  ),
  wrapped('before its key and another certificate', (shop, pem) => {
    issue(shop, `${pem}.other`, { serialNumber: 5n })
    const key = plainKey(shop, 'ec-p256')
    return Buffer.concat([pem, key, `${pem}.other`].map((path) => shop.read(path)))
  }),
  wrapped('with lines that end in CR LF', (shop, pem) =>
    shop.read(pem).toString().replaceAll('\n', '\r\n'),
  ),
  wrapped('under the older label', (shop, pem) =>
    shop.read(pem).toString().replaceAll('CERTIFICATE', 'X509 CERTIFICATE'),
  ),
]
