/**
 * The bags of a PKCS#12 file: keys and certificates, as they stand or decrypted.
 *
 * CRL, secret and unknown bags are passed over: nothing here needs them.
 *
 * @see RFC 7292 sections 4.1 and 4.2
 * @module
 */

import type { Asn1Element } from '../../encoding/asn1-element.ts'
import { Asn1Element as Asn1, Asn1Error, element } from '../../encoding/asn1-element.ts'
import { readAlgorithmIdentifier } from '../encryption/algorithms.ts'
import { prepareDecryption } from '../encryption/decrypt.ts'
import type { KdfBudget } from '../encryption/kdf-budget.ts'
import type { PasswordForm } from '../encryption/password-forms.ts'

/** More bags than any person keeps in one file. */
const MAX_BAGS = 256
const MAX_NESTING = 4

const CONTENT_DATA = '1.2.840.113549.1.7.1'
const CONTENT_ENCRYPTED_DATA = '1.2.840.113549.1.7.6'
const CONTENT_ENVELOPED_DATA = '1.2.840.113549.1.7.3'
const BAG_KEY = '1.2.840.113549.1.12.10.1.1'
const BAG_SHROUDED_KEY = '1.2.840.113549.1.12.10.1.2'
const BAG_CERTIFICATE = '1.2.840.113549.1.12.10.1.3'
const BAG_SAFE_CONTENTS = '1.2.840.113549.1.12.10.1.6'
const CERTIFICATE_X509 = '1.2.840.113549.1.9.22.1'

export interface BagContents {
  /** PKCS#8 PrivateKeyInfo, decrypted. */
  readonly privateKeys: Uint8Array[]
  /** X.509 certificates. */
  readonly certificates: Uint8Array[]
}

/**
 * Every key and certificate of an AuthenticatedSafe.
 *
 * @throws {DecryptionFailed} or {@link Asn1Error}: a wrong password, or a damaged file.
 * @throws {RolesAnywhereError} ERR_KEY_CIPHER_UNSUPPORTED, ERR_KEY_KDF_TOO_COSTLY.
 */
export async function readAuthenticatedSafe(
  authenticatedSafe: Uint8Array,
  password: PasswordForm,
  budget: KdfBudget,
): Promise<BagContents> {
  const found: BagContents = { privateKeys: [], certificates: [] }
  for (const contentInfo of Asn1.parse(authenticatedSafe).sequence()) {
    const safeContents = await readContentInfo(contentInfo, password, budget)
    await readSafeContents(Asn1.parse(safeContents), password, budget, found)
  }
  return found
}

/** The bytes inside a ContentInfo: `data` as it stands, `encryptedData` decrypted. */
async function readContentInfo(
  contentInfo: Asn1Element,
  password: PasswordForm,
  budget: KdfBudget,
): Promise<Uint8Array> {
  const parts = contentInfo.sequence()
  const contentType = element(parts, 0).oid()
  const content = element(parts, 1).explicit(0)
  switch (contentType) {
    case CONTENT_DATA:
      return content.octets()
    case CONTENT_ENCRYPTED_DATA: {
      // EncryptedData: version, EncryptedContentInfo { contentType, algorithm, [0] content }
      const info = element(content.sequence(), 1).sequence()
      const algorithm = readAlgorithmIdentifier(element(info, 1))
      const encrypted = element(info, 2).implicitOctets(0)
      return prepareDecryption(algorithm, budget).decrypt(encrypted, password)
    }
    case CONTENT_ENVELOPED_DATA:
      throw new Asn1Error('the contents are encrypted for a public key, not with a password')
    default:
      throw new Asn1Error(`content type ${contentType} does not belong in PKCS#12`)
  }
}

async function readSafeContents(
  safeContents: Asn1Element,
  password: PasswordForm,
  budget: KdfBudget,
  found: BagContents,
  depth = 1,
): Promise<void> {
  const bags = safeContents.sequence()
  if (depth > MAX_NESTING || found.privateKeys.length + found.certificates.length > MAX_BAGS) {
    throw new Asn1Error('too many bags')
  }
  for (const bag of bags) {
    const parts = bag.sequence()
    const value = element(parts, 1)
    switch (element(parts, 0).oid()) {
      case BAG_KEY:
        found.privateKeys.push(value.explicit(0).encoding)
        break
      case BAG_SHROUDED_KEY: {
        const shrouded = value.explicit(0).sequence()
        const algorithm = readAlgorithmIdentifier(element(shrouded, 0))
        const encrypted = element(shrouded, 1).octets()
        const decryption = prepareDecryption(algorithm, budget)
        found.privateKeys.push(await decryption.decrypt(encrypted, password))
        break
      }
      case BAG_CERTIFICATE: {
        const certificate = value.explicit(0).sequence()
        if (element(certificate, 0).oid() === CERTIFICATE_X509) {
          found.certificates.push(element(certificate, 1).explicit(0).octets())
        }
        break
      }
      case BAG_SAFE_CONTENTS:
        await readSafeContents(value.explicit(0), password, budget, found, depth + 1)
        break
      default:
    }
  }
}
