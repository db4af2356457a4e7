/**
 * Private keys in every form that people bring, each written by a program that people use.
 *
 * One key of each type is made once; the rows differ in what was wrapped around it.
 *
 * @see RFC 8017 appendix A.1 (PKCS#1), RFC 5915 (SEC 1), RFC 5958 (PKCS#8), RFC 8018 (PBES1, PBES2),
 *   RFC 1421 section 4.6 (encrypted PEM)
 * @module
 */

import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import type { ErrorCode } from '../../../src/core/errors.ts'
import { PYTHON } from '../capabilities.ts'
import type { Recipe, Workshop, Writer } from './workshop.ts'

export const PASSWORD = 'canary of foreign keys'

export interface ForeignKey extends Recipe {
  /** As Node calls the type of the key inside. */
  readonly keyType: string
  /** `weak` signs, and is warned of. A code is the refusal. */
  readonly verdict: 'signs' | 'weak' | ErrorCode
  /** Whether reading it comes as far as asking for a password. */
  readonly asksForPassword: boolean
}

/** Arguments of `openssl genpkey` for each type of key. */
const KEY_TYPES = {
  'rsa-2048': ['rsa', ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048']],
  'rsa-2432': ['rsa', ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2432']],
  'rsa-3072': ['rsa', ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:3072']],
  'rsa-1024': ['rsa', ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:1024']],
  'rsa-512': ['rsa', ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:512']],
  'rsa-3-primes': [
    'rsa',
    ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048', '-pkeyopt', 'rsa_keygen_primes:3'],
  ],
  'ec-p256': ['ec', ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256']],
  'ec-p384': ['ec', ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-384']],
  'ec-p521': ['ec', ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-521']],
  'ec-secp256k1': ['ec', ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:secp256k1']],
  'ec-brainpool': ['ec', ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:brainpoolP256r1']],
  'rsa-pss': ['rsa-pss', ['-algorithm', 'RSA-PSS']],
  'rsa-pss-sha256': ['rsa-pss', ['-algorithm', 'RSA-PSS', '-pkeyopt', 'rsa_pss_keygen_md:sha256']],
  ed25519: ['ed25519', ['-algorithm', 'ED25519']],
  ed448: ['ed448', ['-algorithm', 'ED448']],
  x25519: ['x25519', ['-algorithm', 'X25519']],
  x448: ['x448', ['-algorithm', 'X448']],
  dh: ['dh', ['-algorithm', 'DH', '-pkeyopt', 'group:ffdhe2048']],
  sm2: ['sm2', ['-algorithm', 'SM2']],
} as const

export type KeyName = keyof typeof KEY_TYPES | 'dsa'

/** The plain PKCS#8 file of a key, made once. */
export function plainKey(shop: Workshop, key: KeyName): string {
  return shop.once(`${key}.key`, (name) => {
    if (key === 'dsa') {
      const group = ['-pkeyopt', 'dsa_paramgen_bits:1024', '-pkeyopt', 'dsa_paramgen_q_bits:160']
      shop.openssl('genpkey', '-genparam', '-algorithm', 'DSA', ...group, '-out', 'dsa.group')
      shop.openssl('genpkey', '-paramfile', 'dsa.group', '-out', name)
    } else {
      shop.openssl('genpkey', ...KEY_TYPES[key][1], '-out', name)
    }
  })
}

/** The same key as PKCS#8 in DER. */
export function plainPkcs8(shop: Workshop, key: KeyName): Buffer {
  const args = ['-topk8', '-nocrypt', '-in', plainKey(shop, key), '-outform', 'DER']
  return shop.openssl('pkcs8', ...args)
}

/** A row of openssl or certtool about one of the keys above. */
function row(
  writer: Writer,
  name: string,
  key: KeyName,
  make: Recipe['make'],
  more: Partial<ForeignKey> = {},
): ForeignKey {
  const keyType = key === 'dsa' ? 'dsa' : KEY_TYPES[key][0]
  const verdict = /^(?:rsa-(?:2048|2432|3072|3-primes)|ec-p\d+)$/u.test(key)
    ? 'signs'
    : /^rsa-\d+$/u.test(key)
      ? 'weak'
      : 'ERR_KEY_UNSUPPORTED'
  return {
    name: `${key}, ${name}`,
    writer,
    keyType,
    verdict,
    asksForPassword: false,
    make,
    ...more,
  }
}

const pass = ['-passout', `pass:${PASSWORD}`]
const ENCRYPTED = { asksForPassword: true } as const
const CIPHER_REFUSED = { verdict: 'ERR_KEY_CIPHER_UNSUPPORTED' } as const

/** `openssl pkey`: PKCS#8, or with `-traditional` PKCS#1 and SEC 1. */
function converted(key: KeyName, name: string, ...args: readonly string[]): ForeignKey {
  return row('openssl', name, key, (shop, out) => {
    shop.openssl('pkey', '-in', plainKey(shop, key), ...args, '-out', out)
  })
}

/** PKCS#8 in DER, which `openssl pkey` of version 3.0 does not write. */
function pkcs8Der(key: KeyName): ForeignKey {
  return row('openssl', 'PKCS#8 in DER', key, (shop, out) => {
    shop.write(out, plainPkcs8(shop, key))
  })
}

/** `openssl pkcs8 -topk8`: encrypted PKCS#8. */
function pkcs8(
  key: KeyName,
  name: string,
  args: readonly string[],
  more: Partial<ForeignKey> = ENCRYPTED,
): ForeignKey {
  return row(
    'openssl',
    `PKCS#8, ${name}`,
    key,
    (shop, out) => {
      const from = ['pkcs8', '-topk8', '-in', plainKey(shop, key), ...pass]
      shop.legacyOpenssl(...from, ...args, '-out', out)
    },
    more,
  )
}

/** The encrypted PEM of RFC 1421, as `openssl rsa` and `openssl ec` still write it. */
function legacyPem(
  key: 'rsa-2048' | 'ec-p256' | 'dsa',
  cipher: string,
  more: Partial<ForeignKey> = ENCRYPTED,
): ForeignKey {
  return row(
    'openssl',
    `encrypted PEM, ${cipher}`,
    key,
    (shop, out) => {
      const from = ['pkey', '-traditional', '-in', plainKey(shop, key), ...pass]
      shop.legacyOpenssl(...from, `-${cipher}`, '-out', out)
    },
    more,
  )
}

function certtoolPkcs8(cipher: string, more: Partial<ForeignKey> = ENCRYPTED): ForeignKey {
  return row(
    'certtool',
    `PKCS#8, ${cipher}`,
    'ec-p256',
    (shop, out) => {
      const from = ['--to-p8', '--load-privkey', plainKey(shop, 'ec-p256'), '--outfile', out]
      shop.run('certtool', [...from, '--password', PASSWORD, '--pkcs-cipher', cipher])
    },
    more,
  )
}

function certtoolKey(type: string, keyType: string, verdict: ForeignKey['verdict']): ForeignKey {
  return {
    name: `${type}, as certtool makes it`,
    writer: 'certtool',
    keyType,
    verdict,
    asksForPassword: false,
    make: (shop, out) => {
      shop.run('certtool', ['--generate-privkey', '--key-type', type, '--outfile', out])
    },
  }
}

function botanPkcs8(
  key: KeyName,
  scheme: string,
  more: Partial<ForeignKey> = ENCRYPTED,
): ForeignKey {
  return row(
    'botan',
    scheme,
    key,
    (shop, out) => {
      const args = [`--pass-out=${PASSWORD}`, `--pbe=${scheme}`, '--pbe-millis=10']
      shop.write(out, shop.run('botan', ['pkcs8', ...args, plainKey(shop, key)]))
    },
    more,
  )
}

/** What python3-cryptography calls a private key's format. */
function python(
  format: 'PKCS8' | 'TraditionalOpenSSL',
  encoding: 'PEM' | 'DER',
  isEncrypted: boolean,
): ForeignKey {
  const protection = isEncrypted ? 'BestAvailableEncryption(password)' : 'NoEncryption()'
  const script = `
import sys
from cryptography.hazmat.primitives.serialization import *
source, out, password = sys.argv[1], sys.argv[2], sys.argv[3].encode()
key = load_pem_private_key(open(source, "rb").read(), None)
made = key.private_bytes(Encoding.${encoding}, PrivateFormat.${format}, ${protection})
open(out, "wb").write(made)
`
  return row(
    'python3-cryptography',
    `${format} in ${encoding}${isEncrypted ? ', encrypted' : ''}`,
    'rsa-2048',
    (shop, out) => {
      shop.run(PYTHON, ['-c', script, plainKey(shop, 'rsa-2048'), out, PASSWORD])
    },
    { asksForPassword: isEncrypted },
  )
}

function sshKeygen(
  type: 'rsa' | 'ecdsa',
  format: 'PEM' | 'PKCS8',
  isEncrypted: boolean,
): ForeignKey {
  return {
    name: `${type} in ${format}${isEncrypted ? ', encrypted' : ''}`,
    writer: 'ssh-keygen',
    keyType: type === 'rsa' ? 'rsa' : 'ec',
    verdict: 'signs',
    asksForPassword: isEncrypted,
    make: (shop, out) => {
      const kind = ['-t', type, ...(type === 'rsa' ? ['-b', '2048'] : []), '-m', format]
      shop.run('ssh-keygen', ['-q', ...kind, '-N', isEncrypted ? PASSWORD : '', '-f', out])
    },
  }
}

/** What ssh-keygen writes unless it is told otherwise. */
function opensshKey(): ForeignKey {
  return {
    name: "ecdsa in OpenSSH's own format",
    writer: 'ssh-keygen',
    keyType: 'ec',
    verdict: 'ERR_KEY_UNSUPPORTED',
    asksForPassword: false,
    make: (shop, out) => {
      shop.run('ssh-keygen', ['-q', '-t', 'ecdsa', '-N', '', '-f', out])
    },
  }
}

/** Types that only the OpenSSL inside Node has: 3.5 brought them. */
function ofNode(keyType: string): ForeignKey {
  return {
    name: keyType,
    writer: 'OpenSSL in Node',
    keyType,
    verdict: 'ERR_KEY_UNSUPPORTED',
    asksForPassword: false,
    make: (shop, out) => {
      // Node's types have one overload for each name, and none for a name that a table holds.
      const generate = generateKeyPairSync as unknown as (type: string) => { privateKey: KeyObject }
      const { privateKey } = generate(keyType)
      shop.write(out, privateKey.export({ format: 'pem', type: 'pkcs8' }))
    },
  }
}

const SLH_DSA = ['sha2', 'shake'].flatMap((hash) =>
  ['128f', '128s', '192f', '192s', '256f', '256s'].map((size) => `slh-dsa-${hash}-${size}`),
)

const AES = ['aes-128-cbc', 'aes-192-cbc', 'aes-256-cbc']
const PRFS = ['SHA1', 'SHA224', 'SHA256', 'SHA384', 'SHA512', 'SHA512-224', 'SHA512-256']

/** Keys in their plain forms. */
export const PLAIN_KEYS: readonly ForeignKey[] = [
  ...(['rsa-2048', 'rsa-2432', 'rsa-3-primes', 'ec-p256', 'ec-p384', 'ec-p521'] as const).flatMap(
    (key) => [
      converted(key, 'PKCS#8 in PEM'),
      pkcs8Der(key),
      converted(key, 'the older form in PEM', '-traditional'),
      converted(key, 'the older form in DER', '-traditional', '-outform', 'DER'),
    ],
  ),
  converted('rsa-3072', 'PKCS#8 in PEM'),
  converted('rsa-1024', 'PKCS#8 in PEM'),
  converted('rsa-1024', 'the older form in PEM', '-traditional'),
  converted('rsa-512', 'PKCS#8 in PEM'),
  converted('rsa-2048', 'with its numbers as text', '-text'),
  converted('ec-p256', 'with its numbers as text', '-text'),
  converted('ec-p256', 'its point compressed', '-ec_conv_form', 'compressed'),
  row('openssl', 'as pkcs12 -nodes prints it, after its attributes', 'ec-p256', (shop, out) => {
    const key = plainKey(shop, 'ec-p256')
    const exported = ['-export', '-nocerts', '-inkey', key, '-name', 'client', ...pass]
    shop.openssl('pkcs12', ...exported, '-out', `${out}.p12`)
    const opened = ['-in', `${out}.p12`, '-nodes', '-passin', `pass:${PASSWORD}`]
    shop.openssl('pkcs12', ...opened, '-out', out)
  }),
  certtoolKey('rsa', 'rsa', 'signs'),
  certtoolKey('ecdsa', 'ec', 'signs'),
  python('PKCS8', 'PEM', false),
  python('TraditionalOpenSSL', 'DER', false),
  sshKeygen('rsa', 'PEM', false),
  sshKeygen('ecdsa', 'PEM', false),
  sshKeygen('rsa', 'PKCS8', false),
  sshKeygen('ecdsa', 'PKCS8', false),
]

/** Keys behind a password. */
export const ENCRYPTED_KEYS: readonly ForeignKey[] = [
  ...AES.flatMap((cipher) =>
    PRFS.map((prf) =>
      pkcs8('rsa-1024', `${cipher} and HMAC of ${prf}`, [
        ...['-v2', cipher, '-v2prf', `hmacWith${prf}`],
      ]),
    ),
  ),
  ...['des3', 'des-cbc', 'rc2-cbc', 'rc2-64-cbc', 'rc2-40-cbc'].map((cipher) =>
    pkcs8('ec-p256', cipher, ['-v2', cipher]),
  ),
  pkcs8('rsa-2048', 'scrypt', ['-scrypt']),
  pkcs8('rsa-2432', 'a million iterations', ['-v2', 'aes-256-cbc', '-iter', '1000000']),
  pkcs8('ec-p521', 'aes-256-cbc in DER', ['-v2', 'aes-256-cbc', '-outform', 'DER']),
  ...[
    ...['PBE-MD5-DES', 'PBE-SHA1-DES', 'PBE-MD5-RC2-64', 'PBE-SHA1-RC2-64', 'PBE-SHA1-3DES'],
    ...['PBE-SHA1-2DES', 'PBE-SHA1-RC2-128', 'PBE-SHA1-RC2-40'],
  ].flatMap((scheme) => [
    pkcs8('rsa-2432', scheme, ['-v1', scheme]),
    pkcs8('ec-p256', `${scheme} in DER`, ['-v1', scheme, '-outform', 'DER']),
  ]),
  ...['aes-128-cbc', 'aes-192-cbc', 'aes-256-cbc', 'des-ede3-cbc'].flatMap((cipher) => [
    legacyPem('rsa-2048', cipher),
    legacyPem('ec-p256', cipher),
  ]),
  ...['aes-128', 'aes-192', 'aes-256', '3des', '3des-pkcs12', 'rc2-40'].map((cipher) =>
    certtoolPkcs8(cipher),
  ),
  botanPkcs8('rsa-2048', 'PBES2(AES-256/CBC,SHA-256)'),
  botanPkcs8('ec-p256', 'PBES2(AES-256/CBC,SHA-512-256)'),
  botanPkcs8('ec-p384', 'PBES2(AES-192/CBC,Scrypt)'),
  python('PKCS8', 'PEM', true),
  python('PKCS8', 'DER', true),
  python('TraditionalOpenSSL', 'PEM', true),
  sshKeygen('rsa', 'PEM', true),
  sshKeygen('ecdsa', 'PEM', true),
  sshKeygen('rsa', 'PKCS8', true),
]

/** Keys that cannot be used, each refused by what it is. */
export const REFUSED_KEYS: readonly ForeignKey[] = [
  ...(
    ['ec-secp256k1', 'ec-brainpool', 'rsa-pss', 'rsa-pss-sha256', 'ed25519', 'ed448'] as const
  ).flatMap((key) => [
    converted(key, 'PKCS#8 in PEM'),
    pkcs8Der(key),
    pkcs8(key, 'encrypted', ['-v2', 'aes-256-cbc']),
  ]),
  ...(['x25519', 'x448', 'dh', 'sm2', 'dsa'] as const).map((key) =>
    converted(key, 'PKCS#8 in PEM'),
  ),
  converted('dsa', 'the older form in PEM', '-traditional'),
  converted('dsa', 'the older form in DER', '-traditional', '-outform', 'DER'),
  pkcs8('dsa', 'encrypted', ['-v2', 'aes-256-cbc']),
  legacyPem('dsa', 'aes-128-cbc', {}),
  ...['gost01', 'gost12-256', 'gost12-512'].map((type) =>
    certtoolKey(type, type, 'ERR_KEY_UNSUPPORTED'),
  ),
  ...SLH_DSA.map(ofNode),
  ...['ml-kem-512', 'ml-kem-768', 'ml-kem-1024'].map(ofNode),
  opensshKey(),
  ...['seed-cbc', 'cast5-cbc', 'bf-cbc', 'rc4', 'aes-256-cfb'].map((cipher) =>
    pkcs8('ec-p256', cipher, ['-v2', cipher], CIPHER_REFUSED),
  ),
  ...['PBE-SHA1-RC4-128', 'PBE-SHA1-RC4-40'].map((scheme) =>
    pkcs8('ec-p256', scheme, ['-v1', scheme], CIPHER_REFUSED),
  ),
  ...['des-cbc', 'rc2-cbc', 'seed-cbc', 'bf-cbc', 'cast5-cbc', 'sm4-cbc', 'aes-128-cfb'].map(
    (cipher) => legacyPem('ec-p256', cipher, CIPHER_REFUSED),
  ),
  certtoolPkcs8('arcfour', CIPHER_REFUSED),
  ...[
    'AES-128/GCM,SHA-256',
    'AES-256/GCM,Scrypt',
    'Serpent/CBC,SHA-256',
    'Twofish/GCM,SHA-256',
  ].map((scheme) => botanPkcs8('ec-p256', `PBES2(${scheme})`, CIPHER_REFUSED)),
]
