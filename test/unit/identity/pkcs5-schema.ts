/**
 * ASN.1 of password-based encryption. The decorators of the library are called as functions: the
 * project's TypeScript has only erasable syntax.
 *
 * @see RFC 8018 appendix A (PBES2, PBKDF2, PBE parameters); RFC 7914 section 7 (scrypt)
 * @module
 */

import { AsnProp, AsnPropTypes, OctetString } from '@peculiar/asn1-schema'
import { AlgorithmIdentifier } from '@peculiar/asn1-x509'

/** `PBES2-params`. */
export class Pbes2Parameters {
  keyDerivationFunc: AlgorithmIdentifier = new AlgorithmIdentifier()
  encryptionScheme: AlgorithmIdentifier = new AlgorithmIdentifier()
}
AsnProp({ type: AlgorithmIdentifier })(Pbes2Parameters.prototype, 'keyDerivationFunc')
AsnProp({ type: AlgorithmIdentifier })(Pbes2Parameters.prototype, 'encryptionScheme')

/** An INTEGER as the library reads it: text when it does not fit 32 bits. */
export type AsnInteger = number | string

/** `PBKDF2-params`; a salt from an `otherSource` is not read, as nothing writes one. */
export class Pbkdf2Parameters {
  salt: OctetString = new OctetString()
  iterationCount: AsnInteger = 0
  keyLength?: AsnInteger
  /** Absent means HMAC with SHA-1. */
  prf?: AlgorithmIdentifier
}
AsnProp({ type: OctetString })(Pbkdf2Parameters.prototype, 'salt')
AsnProp({ type: AsnPropTypes.Integer })(Pbkdf2Parameters.prototype, 'iterationCount')
AsnProp({ type: AsnPropTypes.Integer, optional: true })(Pbkdf2Parameters.prototype, 'keyLength')
AsnProp({ type: AlgorithmIdentifier, optional: true })(Pbkdf2Parameters.prototype, 'prf')

/** `scrypt-params`. */
export class ScryptParameters {
  salt: OctetString = new OctetString()
  costParameter: AsnInteger = 0
  blockSize: AsnInteger = 0
  parallelizationParameter: AsnInteger = 0
  keyLength?: AsnInteger
}
AsnProp({ type: OctetString })(ScryptParameters.prototype, 'salt')
AsnProp({ type: AsnPropTypes.Integer })(ScryptParameters.prototype, 'costParameter')
AsnProp({ type: AsnPropTypes.Integer })(ScryptParameters.prototype, 'blockSize')
AsnProp({ type: AsnPropTypes.Integer })(ScryptParameters.prototype, 'parallelizationParameter')
AsnProp({ type: AsnPropTypes.Integer, optional: true })(ScryptParameters.prototype, 'keyLength')

/** `PBEParameter` of PBES1 and of PKCS#12. */
export class PbeParameters {
  salt: OctetString = new OctetString()
  iterationCount: AsnInteger = 0
}
AsnProp({ type: OctetString })(PbeParameters.prototype, 'salt')
AsnProp({ type: AsnPropTypes.Integer })(PbeParameters.prototype, 'iterationCount')
