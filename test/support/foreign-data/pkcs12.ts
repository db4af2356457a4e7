/**
 * PKCS#12 files as people get them: from openssl, Java, Firefox, GnuTLS and Python, with the ciphers,
 * MACs and passwords that each of them knows.
 *
 * Windows and macOS cannot be asked here. Their files are of kinds that openssl writes too: Windows
 * puts its own attributes around 3DES or AES-256 with a MAC of SHA-1, macOS writes RC2 and 3DES in BER.
 *
 * @see RFC 7292
 * @module
 */

import type { ErrorCode } from '../../../src/core/errors.ts'
import { PYTHON } from '../capabilities.ts'
import { toBer } from '../to-ber.ts'
import { issue } from './openssl-certificates.ts'
import { PASSWORD, plainKey, type KeyName } from './private-keys.ts'
import type { Recipe, Workshop, Writer } from './workshop.ts'

export interface ForeignPkcs12 extends Recipe {
  readonly password: string
  /** A code is the refusal of the key, or of the certificate where only that is missing. */
  readonly verdict: 'signs' | ErrorCode
  /** Whether reading it comes as far as asking for a password. */
  readonly asksForPassword: boolean
}

type Changes = Partial<Pick<ForeignPkcs12, 'password' | 'verdict' | 'asksForPassword'>>

export function pkcs12Row(
  writer: Writer,
  name: string,
  make: (shop: Workshop, out: string, password: string) => void,
  changes: Changes = {},
): ForeignPkcs12 {
  const { password = PASSWORD } = changes
  return {
    name,
    writer,
    verdict: 'signs',
    asksForPassword: password !== '',
    ...changes,
    password,
    make: (shop, out) => {
      make(shop, out, password)
    },
  }
}

/** A certificate for the key, made once. */
export function certificateFor(shop: Workshop, key: KeyName): string {
  return shop.once(`${key}.pem`, (name) => {
    issue(shop, name, { key })
  })
}

/** Key and certificate into `out`, with `openssl pkcs12 -export`. */
export function exportPkcs12(
  shop: Workshop,
  out: string,
  password: string,
  args: readonly string[] = [],
  key: KeyName = 'rsa-2048',
): void {
  const pair = ['-inkey', plainKey(shop, key), '-in', certificateFor(shop, key)]
  const secret = ['-passout', `pass:${password}`]
  shop.legacyOpenssl('pkcs12', '-export', ...pair, ...secret, ...args, '-out', out)
}

function openssl(
  name: string,
  args: readonly string[],
  changes: Changes & { readonly key?: KeyName } = {},
): ForeignPkcs12 {
  const { key, ...others } = changes
  return pkcs12Row(
    'openssl',
    name,
    (shop, out, password) => {
      exportPkcs12(shop, out, password, args, key)
    },
    others,
  )
}

/** One cipher for key and certificates. */
const both = (cipher: string): readonly string[] => ['-keypbe', cipher, '-certpbe', cipher]
const CIPHER_REFUSED = { verdict: 'ERR_KEY_CIPHER_UNSUPPORTED' } as const

const OPENSSL: readonly ForeignPkcs12[] = [
  openssl('as it comes', []),
  openssl('-legacy', ['-legacy']),
  openssl('with friendly names, a local key id and three certificates', [
    ...['-name', 'client', '-caname', 'ca'],
  ]),
  openssl('EC', [], { key: 'ec-p256' }),
  openssl('EC, -legacy', ['-legacy'], { key: 'ec-p384' }),
  openssl('as Windows writes it, AES', [
    ...both('aes-256-cbc'),
    ...['-macalg', 'sha1', '-CSP', 'Microsoft Software Key Storage Provider', '-LMK', '-keyex'],
  ]),
  openssl('as Windows writes it, 3DES', [
    ...both('PBE-SHA1-3DES'),
    ...['-macalg', 'sha1', '-CSP', 'Microsoft Enhanced RSA and AES Provider', '-keyex'],
  ]),
  ...[
    ...['aes-128-cbc', 'aes-192-cbc', 'des-ede3-cbc', 'des-cbc', 'rc2-cbc'],
    ...['PBE-MD5-DES', 'PBE-SHA1-DES', 'PBE-MD5-RC2-64', 'PBE-SHA1-RC2-64', 'PBE-SHA1-3DES'],
    ...['PBE-SHA1-2DES', 'PBE-SHA1-RC2-128', 'PBE-SHA1-RC2-40'],
  ].map((cipher) => openssl(cipher, both(cipher))),
  openssl('a cipher for each', ['-keypbe', 'PBE-MD5-DES', '-certpbe', 'aes-256-cbc']),
  ...['md5', 'sha1', 'sha224', 'sha384', 'sha512', 'sha512-224', 'sha512-256', 'blake2b512'].map(
    (hash) => openssl(`MAC of ${hash}`, ['-macalg', hash]),
  ),
  openssl('one iteration', ['-iter', '1', '-nomaciter']),
  openssl('nothing encrypted', both('NONE')),
  openssl('without a MAC', ['-nomac']),
  openssl('neither', [...both('NONE'), '-nomac'], { password: '' }),
  openssl('an empty password', [], { password: '' }),
  openssl('an empty password, -legacy', ['-legacy'], { password: '' }),
  openssl('a password of many letters', [], { password: 'Grüße & 世界 🔑 ĂŻ' }),
  openssl('a password of many letters, -legacy', ['-legacy'], { password: 'Grüße & 世界 ĂŻ' }),
  openssl('a long password', ['-legacy'], { password: 'x'.repeat(300) }),
  pkcs12Row(
    'openssl',
    'a password as OpenSSL before 1.1 widened it',
    (shop, out, password) => {
      // Each byte of the UTF-8 became a character; so that is what this one is told.
      exportPkcs12(shop, out, Buffer.from(password).toString('latin1'), ['-legacy'])
    },
    { password: 'Grüße' },
  ),
  pkcs12Row('openssl', 'as macOS writes it, in BER', (shop, out, password) => {
    exportPkcs12(shop, out, password, [...both('PBE-SHA1-3DES'), '-macalg', 'sha1'])
    shop.write(out, toBer(shop.read(out)))
  }),
  pkcs12Row('openssl', 'in base64', (shop, out, password) => {
    exportPkcs12(shop, out, password)
    shop.write(out, shop.read(out).toString('base64'))
  }),
  openssl('no key', ['-nokeys'], { verdict: 'ERR_KEY_MISSING' }),
  openssl('no certificate', ['-nocerts'], { verdict: 'ERR_CONFIG_CERTIFICATE_MISSING' }),
  openssl('a DSA key', [], { key: 'dsa', verdict: 'ERR_KEY_UNSUPPORTED' }),
  openssl('an Ed25519 key', [], { key: 'ed25519', verdict: 'ERR_KEY_UNSUPPORTED' }),
  ...['PBE-SHA1-RC4-128', 'PBE-SHA1-RC4-40', 'seed-cbc', 'cast5-cbc', 'bf-cbc'].map((cipher) =>
    openssl(cipher, ['-keypbe', cipher], CIPHER_REFUSED),
  ),
]

function certtool(name: string, args: readonly string[], changes: Changes = {}): ForeignPkcs12 {
  return pkcs12Row(
    'certtool',
    name,
    (shop, out, password) => {
      const key = plainKey(shop, 'ec-p256')
      const pair = ['--load-privkey', key, '--load-certificate', certificateFor(shop, 'ec-p256')]
      const secret = password === '' ? [] : ['--password', password]
      const as = ['--p12-name', 'client', '--outder', '--outfile', out]
      shop.run('certtool', ['--to-p12', ...pair, ...secret, ...as, ...args])
    },
    changes,
  )
}

/** Few: certtool and pk12util ask for 600,000 iterations, which cannot be changed. */
const CERTTOOL: readonly ForeignPkcs12[] = [
  certtool('as it comes', []),
  ...['3des-pkcs12', 'aes-256', 'rc2-40'].map((cipher) =>
    certtool(cipher, ['--pkcs-cipher', cipher]),
  ),
  certtool('an empty password', ['--empty-password', '--password='], { password: '' }),
  certtool('no password at all', ['--null-password'], { password: '' }),
  certtool('arcfour', ['--pkcs-cipher', 'arcfour'], CIPHER_REFUSED),
]

/** A store of keytool with one EC key and what `args` add. */
function keytool(
  name: string,
  options: readonly string[],
  changes: Changes & { readonly also?: (shop: Workshop, store: readonly string[]) => void } = {},
): ForeignPkcs12 {
  const { also, ...others } = changes
  return pkcs12Row(
    'keytool',
    name,
    (shop, out, password) => {
      const store = ['-storetype', 'PKCS12', '-storepass', password, '-keystore', out]
      const curve = ['-keyalg', 'EC', '-groupname', 'secp256r1']
      const named = ['-alias', 'client', '-dname', 'CN=java', '-validity', '3650']
      shop.run('keytool', [...options, '-genkeypair', ...named, ...curve, ...store])
      also?.(shop, store)
    },
    others,
  )
}

/** A store of keytool without a key of ours: one trusted certificate. */
function keytoolTrust(storeType: 'PKCS12' | 'JKS' | 'JCEKS', verdict: ErrorCode): ForeignPkcs12 {
  return pkcs12Row(
    'keytool',
    `${storeType}, a trusted certificate`,
    (shop, out, password) => {
      const certificate = ['-alias', 'ca', '-file', certificateFor(shop, 'ec-p256')]
      const store = ['-storetype', storeType, '-storepass', password, '-keystore', out]
      shop.run('keytool', ['-importcert', '-noprompt', ...certificate, ...store])
    },
    // A store of Java's own is no PKCS#12, which shows before a password is asked for.
    { verdict, asksForPassword: storeType === 'PKCS12' },
  )
}

const KEYTOOL: readonly ForeignPkcs12[] = [
  keytool('as it comes', []),
  keytool('of an older Java', ['-J-Dkeystore.pkcs12.legacy']),
  keytool('AES-128 and SHA-512', [
    '-J-Dkeystore.pkcs12.keyProtectionAlgorithm=PBEWithHmacSHA512AndAES_128',
    '-J-Dkeystore.pkcs12.certProtectionAlgorithm=NONE',
    '-J-Dkeystore.pkcs12.macAlgorithm=HmacPBESHA512',
  ]),
  keytool('a secret key beside it', [], {
    also: (shop, store) => {
      const secret = ['-alias', 'secret', '-keyalg', 'AES', '-keysize', '256']
      shop.run('keytool', ['-genseckey', ...secret, ...store])
    },
  }),
  keytoolTrust('PKCS12', 'ERR_KEY_MISSING'),
  keytoolTrust('JKS', 'ERR_CONFIG_PEM_INVALID'),
  keytoolTrust('JCEKS', 'ERR_CONFIG_PEM_INVALID'),
]

/** Exported by pk12util from a database of NSS, as Firefox does it. */
function nss(name: string, args: readonly string[], changes: Changes = {}): ForeignPkcs12 {
  return pkcs12Row(
    'pk12util',
    name,
    (shop, out, password) => {
      const database = ['-d', `sql:${shop.database()}`]
      shop.once('nss.imported', (imported) => {
        exportPkcs12(shop, imported, 'in', ['-name', 'client'])
        shop.run('pk12util', ['-i', imported, '-W', 'in', ...database])
      })
      shop.run('pk12util', ['-o', out, '-n', 'client', '-W', password, ...args, ...database])
    },
    changes,
  )
}

const NSS: readonly ForeignPkcs12[] = [
  nss('as it comes', []),
  nss('as Firefox exported for twenty years', [
    ...['-c', 'PKCS #12 V2 PBE With SHA-1 And 3KEY Triple DES-CBC'],
    ...['-C', 'PKCS #12 V2 PBE With SHA-1 And 40 Bit RC2 CBC', '-M', 'SHA-1'],
  ]),
  nss('AES-128 for both', ['-c', 'AES-128-CBC', '-C', 'AES-128-CBC']),
  nss('certificates not encrypted', ['-C', 'none']),
  nss('an empty password', [], { password: '' }),
  nss('RC4', ['-c', 'PKCS #12 V2 PBE With SHA-1 And 128 Bit RC4'], CIPHER_REFUSED),
]

function python(name: string, encryption: string, changes: Changes = {}): ForeignPkcs12 {
  const script = `
import sys
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import *
from cryptography.hazmat.primitives.serialization.pkcs12 import *
key_file, certificate_file, out, password = sys.argv[1:]
password = password.encode()
key = load_pem_private_key(open(key_file, "rb").read(), None)
certificate = x509.load_pem_x509_certificate(open(certificate_file, "rb").read())
made = serialize_key_and_certificates(b"client", key, certificate, [certificate], ${encryption})
open(out, "wb").write(made)
`
  return pkcs12Row(
    'python3-cryptography',
    name,
    (shop, out, password) => {
      const pair = [plainKey(shop, 'rsa-2048'), certificateFor(shop, 'rsa-2048')]
      shop.run(PYTHON, ['-c', script, ...pair, out, password])
    },
    changes,
  )
}

const BUILDER = 'PrivateFormat.PKCS12.encryption_builder()'

const PYTHON_FILES: readonly ForeignPkcs12[] = [
  python('the best there is', 'BestAvailableEncryption(password)'),
  python(
    '3DES',
    `${BUILDER}.kdf_rounds(7).key_cert_algorithm(PBES.PBESv1SHA1And3KeyTripleDESCBC).hmac_hash(hashes.SHA1()).build(password)`,
  ),
  python(
    'AES-256 with a MAC of SHA-256',
    `${BUILDER}.key_cert_algorithm(PBES.PBESv2SHA256AndAES256CBC).hmac_hash(hashes.SHA256()).build(password)`,
  ),
  python('nothing encrypted', 'NoEncryption()', { password: '' }),
]

export const PKCS12_FILES: readonly ForeignPkcs12[] = [
  ...OPENSSL,
  ...CERTTOOL,
  ...KEYTOOL,
  ...NSS,
  ...PYTHON_FILES,
]
