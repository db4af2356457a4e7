/**
 * ML-DSA private keys in the three forms of RFC 9881. The OpenSSL in Node makes them and writes the
 * form with both parts; no program of Debian 12 knows the algorithm, so the other forms are cut out of
 * that one by hand.
 *
 * @see RFC 9881 section 6 and appendix C; FIPS 204 section 7.2 (skEncode)
 * @module
 */

import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { Integer, ObjectIdentifier, OctetString, Primitive, type AsnType } from 'asn1js'
import { encryptWithPbkdf2, encryptWithScrypt } from '../../unit/identity/encrypt-key.ts'
import { derElements, derOctets, derSequence } from './der.ts'
import { pemBlock } from './pem-block.ts'
import { PASSWORD, type ForeignKey } from './private-keys.ts'
import type { Workshop, Writer } from './workshop.ts'

export const ML_DSA_TYPES = ['ml-dsa-44', 'ml-dsa-65', 'ml-dsa-87'] as const
export type MlDsaType = (typeof ML_DSA_TYPES)[number]

/** RFC 9881 section 2. */
const OIDS: Readonly<Record<MlDsaType, string>> = {
  'ml-dsa-44': '2.16.840.1.101.3.4.3.17',
  'ml-dsa-65': '2.16.840.1.101.3.4.3.18',
  'ml-dsa-87': '2.16.840.1.101.3.4.3.19',
}

/** Where the parts of an expanded key begin: rho, K, tr, then s1, s2 and t0. */
const TR_AT = 64

interface Parts {
  readonly seed: Buffer
  readonly expanded: Buffer
}

/** Writes the form with both parts, as the OpenSSL in Node does. */
export function generateMlDsaKey(type: MlDsaType): KeyObject {
  // Node's types have one overload for each name, and none for a name that a table holds.
  const generate = generateKeyPairSync as unknown as (type: string) => { privateKey: KeyObject }
  return generate(type).privateKey
}

/** One key of each type for all its forms. */
function keyOf(shop: Workshop, type: MlDsaType): Buffer {
  const path = shop.once(`${type}.der`, (name) => {
    shop.write(name, generateMlDsaKey(type).export({ format: 'der', type: 'pkcs8' }))
  })
  return shop.read(path)
}

/** PrivateKeyInfo { version, algorithm, OCTET STRING { SEQUENCE { seed, expandedKey } } } */
function partsOf(pkcs8: Buffer): Parts {
  const [, , privateKey] = derElements(pkcs8)
  const [seed, expanded] = derElements(derOctets(privateKey))
  return { seed: derOctets(seed), expanded: derOctets(expanded) }
}

/** The three forms of a key, from the one that Node writes. */
export function mlDsaForms(type: MlDsaType, pkcs8: Buffer): Readonly<Record<FormName, Buffer>> {
  const parts = partsOf(pkcs8)
  return {
    seed: pkcs8Of(type, FORMS.seed(parts)),
    expanded: pkcs8Of(type, FORMS.expanded(parts)),
    both: pkcs8Of(type, FORMS.both(parts)),
  }
}

function pkcs8Of(type: MlDsaType, privateKey: AsnType): Buffer {
  const info = derSequence(
    new Integer({ value: 0 }),
    derSequence(new ObjectIdentifier({ value: OIDS[type] })),
    new OctetString({ valueHex: privateKey.toBER() }),
  )
  return Buffer.from(info.toBER())
}

type FormName = keyof typeof FORMS

const FORMS = {
  seed: ({ seed }: Parts) =>
    new Primitive({ idBlock: { tagClass: 3, tagNumber: 0 }, valueHex: seed }),
  expanded: ({ expanded }: Parts) => new OctetString({ valueHex: expanded }),
  both: ({ seed, expanded }: Parts) =>
    derSequence(new OctetString({ valueHex: seed }), new OctetString({ valueHex: expanded })),
} as const

function row(
  writer: Writer,
  type: MlDsaType,
  name: string,
  make: (shop: Workshop) => string | Buffer,
  changes: Partial<ForeignKey> = {},
): ForeignKey {
  return {
    name: `${type}, ${name}`,
    writer,
    keyType: type,
    verdict: 'signs',
    asksForPassword: false,
    make: (shop, out) => {
      shop.write(out, make(shop))
    },
    ...changes,
  }
}

/** One form of the key, its parts changed first. */
function form(
  type: MlDsaType,
  name: FormName,
  change: (parts: Parts) => Parts = (parts) => parts,
): (shop: Workshop) => Buffer {
  return (shop) => pkcs8Of(type, FORMS[name](change(partsOf(keyOf(shop, type)))))
}

const ENCRYPTED = { asksForPassword: true } as const

function rowsOf(type: MlDsaType): readonly ForeignKey[] {
  const encrypted = (encrypt: (seedForm: Buffer) => Buffer) => (shop: Workshop) =>
    pemBlock('ENCRYPTED PRIVATE KEY', encrypt(form(type, 'seed')(shop)))
  return [
    row('OpenSSL in Node', type, 'in DER', (shop) => keyOf(shop, type)),
    ...(['seed', 'expanded', 'both'] as const).map((name) =>
      row('specification', type, name, (shop) => pemBlock('PRIVATE KEY', form(type, name)(shop))),
    ),
    ...['aes-128-cbc', 'aes-192-cbc', 'aes-256-cbc'].map((cipher) =>
      row(
        'OpenSSL in Node',
        type,
        cipher,
        () =>
          generateMlDsaKey(type).export({
            format: 'pem',
            type: 'pkcs8',
            cipher,
            passphrase: PASSWORD,
          }),
        ENCRYPTED,
      ),
    ),
    ...(['sha1', 'sha384', 'sha512'] as const).map((hash) =>
      row(
        'specification',
        type,
        `PBKDF2 with HMAC of ${hash}`,
        encrypted((plain) => encryptWithPbkdf2(plain, PASSWORD, 2048, hash)),
        ENCRYPTED,
      ),
    ),
    row(
      'specification',
      type,
      'scrypt',
      encrypted((plain) => encryptWithScrypt(plain, PASSWORD, 16_384, 8)),
      ENCRYPTED,
    ),
  ]
}

function flipped(bytes: Buffer, at: number): Buffer {
  const changed = Buffer.from(bytes)
  changed.writeUInt8(changed.readUInt8(at) ^ 1, at)
  return changed
}

const INCONSISTENT = { verdict: 'ERR_KEY_INCONSISTENT' } as const
const MALFORMED = { verdict: 'ERR_KEY_MALFORMED' } as const

export const ML_DSA_KEYS: readonly ForeignKey[] = [
  ...ML_DSA_TYPES.flatMap(rowsOf),
  ...ML_DSA_TYPES.flatMap((type) => [
    row(
      'specification',
      type,
      'the seed of another key',
      form(type, 'both', ({ expanded }) => ({ seed: Buffer.alloc(32, 7), expanded })),
      INCONSISTENT,
    ),
    row(
      'specification',
      type,
      'another tr',
      form(type, 'expanded', ({ seed, expanded }) => ({
        seed,
        expanded: flipped(expanded, TR_AT),
      })),
      INCONSISTENT,
    ),
    row(
      'specification',
      type,
      'another t0',
      form(type, 'expanded', ({ seed, expanded }) => ({
        seed,
        expanded: flipped(expanded, expanded.length - 1),
      })),
      INCONSISTENT,
    ),
    row(
      'specification',
      type,
      'a seed of 31 bytes',
      form(type, 'seed', ({ seed, expanded }) => ({ seed: seed.subarray(1), expanded })),
      MALFORMED,
    ),
    row(
      'specification',
      type,
      'an expanded key that is cut short',
      form(type, 'expanded', ({ seed, expanded }) => ({ seed, expanded: expanded.subarray(1) })),
      MALFORMED,
    ),
  ]),
]
