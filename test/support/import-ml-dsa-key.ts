/**
 * A program of its own, since the module is foreign code: writes an ML-DSA key to the first token of a
 * module. OpenSC's pkcs11-tool knows no such keys yet.
 *
 * @see PKCS#11 v3.2, ML-DSA private and public key objects; RFC 9881
 * @module
 */

import { readFileSync } from 'node:fs'
import pkcs11js from 'pkcs11js'

interface Asked {
  readonly module: string
  readonly pin: string
  readonly id: string
  readonly label: string
  readonly parameterSet: 1 | 2 | 3
  /** Base64 of the DER. */
  readonly pkcs8: string
  /** Base64url. */
  readonly publicValue: string
}

const CKK_ML_DSA = 0x4a
const CKA_PARAMETER_SET = 0x61d
/** Of an expanded private key, by parameter set; it is the end of the PKCS#8 that Node writes. */
const EXPANDED_BYTES = { 1: 2560, 2: 4032, 3: 4896 }

const asked = JSON.parse(readFileSync(0, 'utf8')) as Asked
const { CKA_CLASS, CKA_ID, CKA_KEY_TYPE, CKA_LABEL, CKA_PRIVATE, CKA_SIGN, CKA_TOKEN } = pkcs11js
const { CKA_VALUE, CKA_VERIFY, CKO_PRIVATE_KEY, CKO_PUBLIC_KEY } = pkcs11js

const common = [
  { type: CKA_TOKEN, value: true },
  { type: CKA_KEY_TYPE, value: CKK_ML_DSA },
  { type: CKA_ID, value: Buffer.from(asked.id, 'hex') },
  { type: CKA_LABEL, value: asked.label },
  { type: CKA_PARAMETER_SET, value: asked.parameterSet },
]
const expanded = Buffer.from(asked.pkcs8, 'base64').subarray(-EXPANDED_BYTES[asked.parameterSet])

const module = new pkcs11js.PKCS11()
module.load(asked.module)
module.C_Initialize()
const [slot] = module.C_GetSlotList(true)
if (slot === undefined) throw new Error('no token')
const session = module.C_OpenSession(slot, pkcs11js.CKF_SERIAL_SESSION | pkcs11js.CKF_RW_SESSION)
module.C_Login(session, pkcs11js.CKU_USER, asked.pin)
module.C_CreateObject(session, [
  ...common,
  { type: CKA_CLASS, value: CKO_PRIVATE_KEY },
  { type: CKA_PRIVATE, value: true },
  { type: CKA_SIGN, value: true },
  { type: CKA_VALUE, value: expanded },
])
module.C_CreateObject(session, [
  ...common,
  { type: CKA_CLASS, value: CKO_PUBLIC_KEY },
  { type: CKA_VERIFY, value: true },
  { type: CKA_VALUE, value: Buffer.from(asked.publicValue, 'base64url') },
])
module.C_Finalize()
