/**
 * Private keys of openssl with something changed by hand: no program writes a broken file on request.
 *
 * @see RFC 5958 (PKCS#8), RFC 8017 appendix A.1.2 (RSAPrivateKey), RFC 7468 (PEM)
 * @module
 */

import { pemBlock } from './pem-block.ts'
import { plainKey, plainPkcs8, type ForeignKey, type KeyName } from './private-keys.ts'
import type { Workshop } from './workshop.ts'

type Verdict = ForeignKey['verdict']

/** A key of openssl as PKCS#8 in DER, changed. */
function damaged(
  name: string,
  key: KeyName,
  verdict: Verdict,
  change: (der: Buffer, shop: Workshop) => string | Uint8Array,
  read: (shop: Workshop, key: KeyName) => Buffer = plainPkcs8,
): ForeignKey {
  return {
    name: `${key}, ${name}`,
    writer: 'specification',
    keyType: key.startsWith('rsa') ? 'rsa' : 'ec',
    verdict,
    asksForPassword: false,
    make: (shop, out) => {
      shop.write(out, change(read(shop, key), shop))
    },
  }
}

/** An RSA key as PKCS#1, changed. */
function damagedPkcs1(name: string, verdict: Verdict, change: (der: Buffer) => Buffer): ForeignKey {
  const inPem = (der: Buffer): string => pemBlock('RSA PRIVATE KEY', change(der))
  return damaged(name, 'rsa-2048', verdict, inPem, (shop, key) =>
    shop.openssl('rsa', '-traditional', '-in', plainKey(shop, key), '-outform', 'DER'),
  )
}

/** A P-256 key in PEM, its text changed. */
function damagedPem(name: string, verdict: Verdict, change: (pem: string) => string): ForeignKey {
  return damaged(name, 'ec-p256', verdict, (der) => change(pemBlock('PRIVATE KEY', der)))
}

/** The bytes with one piece of them replaced by another of its length, both in hex. */
function patched(der: Buffer, from: string, to: string): Buffer {
  const at = der.indexOf(from, 0, 'hex')
  if (at < 0 || from.length !== to.length) throw new Error(`${from} cannot become ${to}`)
  const rest = der.subarray(at + from.length / 2)
  return Buffer.concat([der.subarray(0, at), Buffer.from(to, 'hex'), rest])
}

/** The bytes with the lowest bit of one of them turned over; a negative index counts from the end. */
function flipped(der: Buffer, index: number): Buffer {
  const bytes = Buffer.from(der)
  const at = index < 0 ? bytes.length + index : index
  bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at)
  return bytes
}

const EC_PUBLIC_KEY = '06072a8648ce3d0201'
const P256 = '06082a8648ce3d030107'
/** Of an uncompressed P-256 point, which ends every form of the key. */
const POINT_BYTES = 65

/** Odd, and read all the same. */
const ODD_KEYS: readonly ForeignKey[] = [
  damagedPem('between lines of junk', 'signs', (pem) => `junk: -----\n\n${pem}more junk\n`),
  damagedPem('with lines that end in CR LF', 'signs', (pem) => pem.replaceAll('\n', '\r\n')),
  damagedPem('with a header of its own', 'signs', (pem) => pem.replace('\n', '\nComment: x\n\n')),
  damagedPem('in one long line', 'signs', (pem) => pem.replaceAll(/(?<![-])\n(?![-])/gu, '')),
  damaged('of version 2, with its public half', 'ec-p256', 'signs', (der) => {
    // OneAsymmetricKey: version 1, and publicKey [1] IMPLICIT BIT STRING at the end.
    const point = der.subarray(-POINT_BYTES)
    const whole = Buffer.concat([der, Buffer.of(0x81, POINT_BYTES + 1, 0), point])
    // SEQUENCE, a length of two bytes, then the version.
    whole.writeUInt8(whole.readUInt8(2) + POINT_BYTES + 3, 2)
    return patched(whole, '020100', '020101')
  }),
  // OpenSSL checks what it computed with the primes, and does without them where that fails.
  damagedPkcs1('with another private exponent', 'signs', (der) => flipped(der, 400)),
  damagedPkcs1('with another coefficient', 'signs', (der) => flipped(der, -10)),
]

export const DAMAGED_KEYS: readonly ForeignKey[] = [
  ...ODD_KEYS,
  damaged('of an algorithm that nobody knows', 'ec-p256', 'ERR_KEY_UNSUPPORTED', (der) =>
    patched(der, EC_PUBLIC_KEY, '06072a8648ce3d0255'),
  ),
  damaged('of a curve that nobody knows', 'ec-p256', 'ERR_KEY_MALFORMED', (der) =>
    patched(der, P256, '06082a8648ce3d030155'),
  ),
  damaged('cut short', 'rsa-2048', 'ERR_KEY_MALFORMED', (der) =>
    pemBlock('PRIVATE KEY', der.subarray(0, 100)),
  ),
  damaged('under a label that says nothing of a key', 'ec-p256', 'ERR_KEY_MISSING', (der) =>
    pemBlock('SOMETHING OF OURS', der),
  ),
  damagedPem('with a body that is no base64', 'ERR_CONFIG_PEM_INVALID', (pem) =>
    pem.replace('\n', '\n!'),
  ),
  damagedPem('without its last line', 'ERR_CONFIG_PEM_INVALID', (pem) =>
    pem.replace(/-----END.*\n/u, ''),
  ),
  damagedPkcs1('an OCTET STRING where a number should be', 'ERR_KEY_MALFORMED', (der) =>
    patched(der, '02820101', '04820101'),
  ),
  damagedPkcs1('with another modulus', 'ERR_KEY_INCONSISTENT', (der) => flipped(der, 100)),
  damaged('with the public half of another key', 'ec-p256', 'ERR_KEY_INCONSISTENT', (der, shop) => {
    const group = ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256']
    const other = shop.openssl('genpkey', ...group, '-outform', 'DER')
    return Buffer.concat([der.subarray(0, -POINT_BYTES), other.subarray(-POINT_BYTES)])
  }),
  damaged('with a public half that is no point', 'ec-p256', 'ERR_KEY_MALFORMED', (der) =>
    flipped(der, -1),
  ),
]
