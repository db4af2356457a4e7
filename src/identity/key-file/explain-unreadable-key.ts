/**
 * Says why OpenSSL could not read a key, when it is not simply broken: an algorithm it does not know,
 * halves that disagree, or another thing altogether. Loaded only after a failure.
 *
 * @see RFC 5958 section 2 (PKCS#8); RFC 9881 section 6 (ML-DSA private keys)
 * @module
 */

import { X509Certificate, createPrivateKey } from 'node:crypto'
import { RolesAnywhereError } from '../../core/errors.ts'
import { says, setting } from '../../core/wording.ts'
import { Asn1Element, element } from '../encoding/asn1-element.ts'
import { malformedKey, unsupportedKey } from './key-source.ts'
import { looksLikePkcs12 } from './pkcs12/recognise-pkcs12.ts'

export interface RuntimeAbilities {
  /** Whether this Node can use ML-DSA keys. */
  supportsMlDsa(): boolean
}

/** The error for bytes that are something, or `undefined` when they are nothing that is known here. */
export function explainUnreadableKey(
  der: Buffer,
  name: string,
  runtime: RuntimeAbilities = { supportsMlDsa },
): RolesAnywhereError | undefined {
  const key = attempt(() => readPrivateKeyInfo(der))
  if (key !== undefined) return explainPkcs8(key, name, runtime)
  if (attempt(() => new X509Certificate(der)) !== undefined) {
    return unsupportedKey(name, 'holds a certificate, not a private key', GIVE_KEY)
  }
  if (looksLikePkcs12(der)) return malformedKey(name, 'is a PKCS#12 file under another label')
  return undefined
}

/** Whether this Node knows ML-DSA: OpenSSL 3.5 and Node 24.6 brought it. */
export function supportsMlDsa(): boolean {
  return (
    attempt(() => createPrivateKey({ key: ML_DSA_44_SEED_KEY, format: 'der', type: 'pkcs8' })) !==
    undefined
  )
}

interface PrivateKeyInfo {
  readonly algorithm: string
  readonly privateKey: Uint8Array
}

/** PrivateKeyInfo: version, privateKeyAlgorithm, privateKey; what follows does not matter here. */
function readPrivateKeyInfo(der: Buffer): PrivateKeyInfo {
  const [version, algorithm, privateKey] = [0, 1, 2].map((index) =>
    element(Asn1Element.parse(der).sequence(), index),
  ) as [Asn1Element, Asn1Element, Asn1Element]
  version.integer()
  return { algorithm: element(algorithm.sequence(), 0).oid(), privateKey: privateKey.octets() }
}

function explainPkcs8(
  { algorithm, privateKey }: PrivateKeyInfo,
  name: string,
  runtime: RuntimeAbilities,
): RolesAnywhereError {
  const expandedBytes = ML_DSA_EXPANDED_BYTES[algorithm]
  if (expandedBytes === undefined) {
    return KNOWN_ALGORITHMS.includes(algorithm)
      ? malformedKey(name)
      : unsupportedKey(name, `holds a private key of an unknown algorithm (${algorithm})`)
  }
  if (!runtime.supportsMlDsa()) {
    return unsupportedKey(
      name,
      `holds an ML-DSA key, which this Node (${process.version}) cannot use`,
      'use Node 24.6 or newer: it is the first with ML-DSA',
    )
  }
  if (attempt(() => isWholeMlDsaKey(privateKey, expandedBytes)) !== true) return malformedKey(name)
  return new RolesAnywhereError(
    'ERR_KEY_INCONSISTENT',
    `the parts of the ML-DSA private key in "${name}" disagree: seed and expanded key are not of one key`,
    { hint: 'the file is damaged or was edited: take the key from its backup, or issue a new one' },
  )
}

/** ML-DSA-PrivateKey: seed [0], expandedKey, or both; of the right lengths. */
function isWholeMlDsaKey(privateKey: Uint8Array, expandedBytes: number): boolean {
  const choice = Asn1Element.parse(privateKey)
  if (choice.isTagged(0)) return choice.implicitOctets(0).length === SEED_BYTES
  if (choice.isOctets()) return choice.octets().length === expandedBytes
  const [seed, expanded] = choice.sequence()
  return seed?.octets().length === SEED_BYTES && expanded?.octets().length === expandedBytes
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}

const GIVE_KEY = says`give the file of the private key with ${setting('privateKey')}`

/** A PKCS#8 key of one of these that OpenSSL refuses has a broken inside: RSA, EC. */
const KNOWN_ALGORITHMS: readonly string[] = ['1.2.840.113549.1.1.1', '1.2.840.10045.2.1']

const SEED_BYTES = 32
/** FIPS 204 table 2, private key sizes of ML-DSA-44, -65 and -87. */
const ML_DSA_EXPANDED_BYTES: Readonly<Record<string, number>> = {
  '2.16.840.1.101.3.4.3.17': 2560,
  '2.16.840.1.101.3.4.3.18': 4032,
  '2.16.840.1.101.3.4.3.19': 4896,
}

/** A PKCS#8 key of zeros in the seed form; it guards nothing. */
const ML_DSA_44_SEED_KEY = Buffer.from(
  `3034020100300b060960864801650304031104228020${'00'.repeat(SEED_BYTES)}`,
  'hex',
)
