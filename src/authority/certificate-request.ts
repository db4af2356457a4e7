/**
 * A PKCS#10 certificate request: the subject and names that somebody wants, the public key, and as proof
 * that they hold the private one, its signature over both.
 *
 * What a client of Roles Anywhere needs of its certificate is asked for too: `digitalSignature`, no
 * authority of its own, `clientAuth`. An authority may give something else.
 *
 * @see RFC 2986; RFC 2985 section 5.4.2 (extensionRequest); RFC 5280 section 4.2.1
 * @module
 */

import type { KeyObject } from 'node:crypto'
import { Attributes, CertificationRequest, CertificationRequestInfo } from '@peculiar/asn1-csr'
import { AsnConvert, OctetString } from '@peculiar/asn1-schema'
import {
  AlgorithmIdentifier,
  Attribute,
  BasicConstraints,
  ExtendedKeyUsage,
  Extension,
  Extensions,
  id_ce_basicConstraints,
  id_ce_extKeyUsage,
  id_ce_keyUsage,
  id_ce_subjectAltName,
  id_kp_clientAuth,
  KeyUsage,
  KeyUsageFlags,
  SubjectPublicKeyInfo,
} from '@peculiar/asn1-x509'
import type { SigningAlgorithm } from '../core/algorithms.ts'
import type { CancelOptions, Signer } from '../core/ports.ts'
import { pemBlock } from '../identity/encoding/write-pem.ts'
import { requestedNames } from './requested-names.ts'
import { requestedSubject } from './requested-subject.ts'

/** What the certificate is to say. */
export interface RequestedCertificate {
  /** As in RFC 4514: `CN=web,O=Acme,C=DE`. */
  readonly subject: string
  /** Subject alternative names: `dns:NAME`, `ip:ADDRESS`, `uri:URI`, `email:ADDRESS`. */
  readonly san: readonly string[]
}

/**
 * Everything but the key, checked before a key is made or a PIN is asked for.
 *
 * @throws {RolesAnywhereError} ERR_USAGE_INVALID_VALUE.
 */
export function prepareRequest({ subject, san }: RequestedCertificate): UnsignedRequest {
  const info = new CertificationRequestInfo({
    subject: requestedSubject(subject),
    attributes: new Attributes([
      new Attribute({
        type: EXTENSION_REQUEST,
        values: [AsnConvert.serialize(new Extensions(extensions(san)))],
      }),
    ]),
  })
  return new UnsignedRequest(info)
}

/** A request that lacks a key and its signature. */
export class UnsignedRequest {
  readonly #info: CertificationRequestInfo

  constructor(info: CertificationRequestInfo) {
    this.#info = info
  }

  /**
   * Signs with the key that the certificate is for, and gives the request in PEM.
   *
   * @throws {RolesAnywhereError} codes of the key family, ERR_CANCELLED.
   */
  async sign(signer: Signer, publicKey: KeyObject, options: CancelOptions = {}): Promise<string> {
    const spki = publicKey.export({ format: 'der', type: 'spki' })
    this.#info.subjectPKInfo = AsnConvert.parse(spki, SubjectPublicKeyInfo)
    const signature = await signer.sign(Buffer.from(AsnConvert.serialize(this.#info)), options)
    const request = new CertificationRequest({
      certificationRequestInfo: this.#info,
      signatureAlgorithm: SIGNATURE_ALGORITHMS[signer.algorithm.keyType],
      signature: Uint8Array.from(signature).buffer,
    })
    return pemBlock('CERTIFICATE REQUEST', Buffer.from(AsnConvert.serialize(request)))
  }
}

function extensions(san: readonly string[]): Extension[] {
  const names = san.length === 0 ? [] : [extension(id_ce_subjectAltName, requestedNames(san))]
  return [
    extension(id_ce_basicConstraints, new BasicConstraints({ cA: false }), true),
    extension(id_ce_keyUsage, new KeyUsage(KeyUsageFlags.digitalSignature), true),
    extension(id_ce_extKeyUsage, new ExtendedKeyUsage([id_kp_clientAuth])),
    ...names,
  ]
}

function extension(extnID: string, value: object, critical = false): Extension {
  const extnValue = new OctetString(AsnConvert.serialize(value))
  return new Extension({ extnID, critical, extnValue })
}

const EXTENSION_REQUEST = '1.2.840.113549.1.9.14'

/**
 * SHA-256 for every curve and modulus, as for requests to AWS: tokens and TPMs have that in any case.
 *
 * @see RFC 4055 section 5 (RSA, with NULL parameters); RFC 5758 section 3.2 (ECDSA); RFC 9881 section 2 (ML-DSA)
 */
const SIGNATURE_ALGORITHMS: Readonly<Record<SigningAlgorithm['keyType'], AlgorithmIdentifier>> = {
  rsa: new AlgorithmIdentifier({ algorithm: '1.2.840.113549.1.1.11', parameters: null }),
  ec: new AlgorithmIdentifier({ algorithm: '1.2.840.10045.4.3.2' }),
  'ml-dsa-44': new AlgorithmIdentifier({ algorithm: '2.16.840.1.101.3.4.3.17' }),
  'ml-dsa-65': new AlgorithmIdentifier({ algorithm: '2.16.840.1.101.3.4.3.18' }),
  'ml-dsa-87': new AlgorithmIdentifier({ algorithm: '2.16.840.1.101.3.4.3.19' }),
}
