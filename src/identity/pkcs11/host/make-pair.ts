/**
 * Makes a pair of keys on a token. Runs in the host process.
 *
 * @see PKCS#11 v3.1 sections 5.18 (C_GenerateKeyPair), 6.1.4 and 6.3.7
 * @module
 */

import type { Handle, PKCS11, Template } from 'pkcs11js'
import { CKA, CKM, called } from '../cryptoki.ts'
import type { PairRequest } from '../host-protocol.ts'

/** @param session is one that may write, of a user who is logged in. */
export function makePair(module: PKCS11, session: Handle, { label, id, key }: PairRequest): void {
  const names: Template = [
    { type: CKA.TOKEN, value: true },
    { type: CKA.LABEL, value: label },
    { type: CKA.ID, value: Buffer.from(id, 'hex') },
  ]
  const shape: Template =
    key.type === 'rsa'
      ? [
          { type: CKA.MODULUS_BITS, value: key.bits },
          { type: CKA.PUBLIC_EXPONENT, value: Buffer.of(1, 0, 1) },
        ]
      : [{ type: CKA.EC_PARAMS, value: Buffer.from(key.params, 'hex') }]
  const publicKey: Template = [...names, ...shape, { type: CKA.VERIFY, value: true }]
  const privateKey: Template = [
    ...names,
    { type: CKA.PRIVATE, value: true },
    { type: CKA.SENSITIVE, value: true },
    { type: CKA.EXTRACTABLE, value: false },
    { type: CKA.SIGN, value: true },
  ]
  const mechanism = {
    mechanism: key.type === 'rsa' ? CKM.RSA_PKCS_KEY_PAIR_GEN : CKM.EC_KEY_PAIR_GEN,
  }
  called('C_GenerateKeyPair', () => {
    module.C_GenerateKeyPair(session, mechanism, publicKey, privateKey)
  })
}
