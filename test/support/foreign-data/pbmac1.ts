/**
 * PKCS#12 files with the MAC of RFC 9579, by hand: openssl writes it since 3.4 and Debian 12 has 3.0,
 * its GnuTLS is older than that too, and Java, NSS and Python do not write it.
 *
 * The file inside is openssl's; only its MacData is ours.
 *
 * @see RFC 9579 sections 4 and 5; RFC 8018 appendix A.5 (PBMAC1-params)
 * @module
 */

import { createHmac, pbkdf2Sync } from 'node:crypto'
import { Integer, OctetString, type AsnType, type Constructed, type Sequence } from 'asn1js'
import { derAlgorithm, derElements, derOctets, derSequence } from './der.ts'
import { exportPkcs12, pkcs12Row, type ForeignPkcs12 } from './pkcs12.ts'

interface Pbmac1 {
  /** Hash of the pseudo-random function. */
  readonly prf: keyof typeof HMAC
  /** Hash of the MAC. */
  readonly mac: keyof typeof HMAC
  /** Length of the MAC's key in bytes. */
  readonly keyLength: number
  /** What the file says in place of what was done. */
  readonly said?: {
    readonly iterations?: number
    readonly salt?: Buffer
    readonly keyLength?: number | 'nothing'
  }
}

const HMAC = {
  sha1: '1.2.840.113549.2.7',
  sha256: '1.2.840.113549.2.9',
  sha384: '1.2.840.113549.2.10',
  sha512: '1.2.840.113549.2.11',
} as const

const PBMAC1 = '1.2.840.113549.1.5.14'
const PBKDF2 = '1.2.840.113549.1.5.12'
const ITERATIONS = 2048
const SALT = Buffer.from('a salt of ours')

/** @param withoutMac a PFX that has none. */
function addPbmac1(
  withoutMac: Buffer,
  password: string,
  { prf, mac, keyLength, said }: Pbmac1,
): Buffer {
  // PFX { version, authSafe ContentInfo { type, [0] { OCTET STRING } } }
  const [version, authSafe] = derElements(withoutMac) as [AsnType, Sequence]
  const [, explicit] = authSafe.valueBlock.value as [AsnType, Constructed]
  const macKey = pbkdf2Sync(password, SALT, ITERATIONS, keyLength, prf)
  const digest = createHmac(mac, macKey).update(derOctets(explicit.valueBlock.value[0])).digest()
  const saidLength = said?.keyLength ?? keyLength
  const derivation = derSequence(
    new OctetString({ valueHex: said?.salt ?? SALT }),
    new Integer({ value: said?.iterations ?? ITERATIONS }),
    ...(saidLength === 'nothing' ? [] : [new Integer({ value: saidLength })]),
    derAlgorithm(HMAC[prf]),
  )
  const parameters = derSequence(derAlgorithm(PBKDF2, derivation), derAlgorithm(HMAC[mac]))
  const macData = derSequence(
    derSequence(derAlgorithm(PBMAC1, parameters), new OctetString({ valueHex: digest })),
    // Neither means anything beside PBMAC1, and openssl writes just this.
    new OctetString({ valueHex: Buffer.from('NOT USED') }),
    new Integer({ value: 1 }),
  )
  return Buffer.from(derSequence(version, authSafe, macData).toBER())
}

function row(
  name: string,
  options: Pbmac1,
  changes: Parameters<typeof pkcs12Row>[3] = {},
): ForeignPkcs12 {
  return pkcs12Row(
    'specification',
    `PBMAC1, ${name}`,
    (shop, out, password) => {
      exportPkcs12(shop, out, password, ['-nomac'])
      shop.write(out, addPbmac1(shop.read(out), password, options))
    },
    changes,
  )
}

const DIFFERS = { verdict: 'ERR_KEY_PASSWORD_INCORRECT' } as const
/** Section 4: the length of the key must be there, and one of a few bytes could be guessed. */
const MALFORMED = { verdict: 'ERR_KEY_MALFORMED', asksForPassword: false } as const
const SHA256 = { prf: 'sha256', mac: 'sha256', keyLength: 32 } as const

export const PBMAC1_FILES: readonly ForeignPkcs12[] = [
  row('SHA-256', SHA256),
  row('SHA-256 and SHA-512', { prf: 'sha256', mac: 'sha512', keyLength: 64 }),
  row('SHA-512', { prf: 'sha512', mac: 'sha512', keyLength: 64 }),
  row('SHA-1 and SHA-384', { prf: 'sha1', mac: 'sha384', keyLength: 48 }),
  row('other iterations than were done', { ...SHA256, said: { iterations: 1024 } }, DIFFERS),
  row('another salt than was used', { ...SHA256, said: { salt: Buffer.from('wrong') } }, DIFFERS),
  row('no length of the key', { ...SHA256, said: { keyLength: 'nothing' } }, MALFORMED),
  row('a key of 8 bytes', { ...SHA256, keyLength: 8 }, MALFORMED),
]
