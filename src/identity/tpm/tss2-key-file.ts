/**
 * `TSS2 PRIVATE KEY` files: a key that only its own TPM can load.
 *
 * Lenient where writers differ (a BOOLEAN of 1, a parent of 0), strict about what cannot be honoured:
 * policies, imported keys and sealed data are refused by name.
 *
 * @see draft-bottomley-tpm2-keys; https://github.com/Foxboron/go-tpm-keyfiles
 * @module
 */

import { RolesAnywhereError } from '../../core/errors.ts'
import { Asn1Element, Asn1Error, element } from '../encoding/asn1-element.ts'
import { HT_PERSISTENT, RH_ENDORSEMENT, RH_NULL, RH_OWNER, RH_PLATFORM } from './constants.ts'
import type { PublicArea } from './public-area.ts'
import { NotASigningKey, readPublicArea } from './public-area.ts'
import { TpmFormatError, TpmReader } from './wire.ts'

export interface Tss2Key {
  /** False: the key has a password. */
  readonly emptyAuth: boolean
  /** A persistent handle, or a hierarchy under which the standard storage key is made. */
  readonly parent: number
  /** The storage key is RSA-2048 instead of P-256. */
  readonly rsaParent: boolean
  /** TPM2B_PUBLIC and TPM2B_PRIVATE, without their sizes. */
  readonly publicBytes: Uint8Array
  readonly privateBytes: Uint8Array
  readonly publicArea: PublicArea
}

export const LOADABLE_KEY = '2.23.133.10.1.3'
const REFUSED_TYPES: Readonly<Record<string, string>> = {
  '2.23.133.10.1.4': 'it must be imported into a TPM first: load it once with tpm2_import',
  '2.23.133.10.1.5': 'it holds sealed data, not a signing key',
}
const HIERARCHIES: readonly number[] = [RH_OWNER, RH_NULL, RH_ENDORSEMENT, RH_PLATFORM]

/**
 * Parses the bytes inside a `TSS2 PRIVATE KEY` block.
 *
 * @param file the file's name for messages.
 * @throws {RolesAnywhereError} ERR_KEY_MALFORMED, ERR_KEY_UNSUPPORTED.
 */
export function parseTss2Key(der: Uint8Array, file: string): Tss2Key {
  try {
    return readTpmKey(Asn1Element.parse(der))
  } catch (error) {
    if (error instanceof NotASigningKey) {
      throw new RolesAnywhereError(
        'ERR_KEY_UNSUPPORTED',
        `the TPM key in "${file}" cannot sign: ${error.message}`,
        { hint: 'make an unrestricted RSA or ECC signing key: "tpm2_create -G ecc256:ecdsa"' },
      )
    }
    if (error instanceof Asn1Error || error instanceof TpmFormatError) {
      throw new RolesAnywhereError(
        'ERR_KEY_MALFORMED',
        `the TPM key in "${file}" does not parse: ${error.message}`,
        { hint: 'the file may be cut off or damaged', cause: error },
      )
    }
    throw error
  }
}

/**
 * TPMKey: type, [0] emptyAuth, [1] policy, [2] secret, [3] authPolicy, [4] description, [5] rsaParent,
 * parent, pubkey, privkey. All tags are EXPLICIT.
 */
function readTpmKey(source: Asn1Element): Tss2Key {
  const elements = source.sequence()
  const type = element(elements, 0).oid()
  if (type !== LOADABLE_KEY) {
    throw new NotASigningKey(REFUSED_TYPES[type] ?? `it is of the unknown type ${type}`)
  }
  const optional = (number: number): Asn1Element | undefined =>
    elements.find((candidate) => candidate.isTagged(number))?.explicit(number)
  const required = elements.slice(-3)
  const publicBytes = withoutSize(element(required, 1).octets())
  const privateBytes = withoutSize(element(required, 2).octets())
  const publicArea = readPublicArea(publicBytes)
  if (optional(1) !== undefined || optional(3) !== undefined) {
    throw new NotASigningKey('its use depends on a TPM policy, which is not supported')
  }
  if (optional(2) !== undefined) throw new NotASigningKey('it has a secret for import')
  const parent = readParent(element(required, 0).bigInteger())
  return {
    emptyAuth: optional(0)?.boolean() ?? false,
    parent,
    rsaParent: optional(5)?.boolean() ?? false,
    publicBytes,
    privateBytes,
    publicArea,
  }
}

function readParent(value: bigint): number {
  // Old tools wrote 0 for the owner hierarchy.
  if (value === 0n) return RH_OWNER
  // And some wrote the top bit as a sign.
  const parent = Number(BigInt.asUintN(32, value))
  if (HIERARCHIES.includes(parent) || parent >>> 24 === HT_PERSISTENT) return parent
  throw new NotASigningKey(
    `its parent 0x${parent.toString(16)} is neither a hierarchy nor a persistent handle`,
  )
}

/** The two-byte size that TPM2B structures keep in these files. */
function withoutSize(bytes: Uint8Array): Buffer {
  const reader = new TpmReader(bytes)
  const content = reader.sized()
  reader.end()
  return content
}
