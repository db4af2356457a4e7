/**
 * C_Login with a NULL PIN, for tokens whose PIN is typed on the reader itself.
 *
 * pkcs11js 2.1.7 passes only text as a PIN, and an empty text reaches the token as a wrong PIN. This
 * makes the one missing call through koffi, on the module and the session that pkcs11js has open.
 *
 * @see PKCS#11 v3.1 section 5.6.6 (CKF_PROTECTED_AUTHENTICATION_PATH)
 * @module
 */

import { decimalOf } from './ck-ulong.ts'

/** The return value of C_Login; the call blocks until the reader answers. */
export interface KeypadLogin {
  (options: {
    readonly modulePath: string
    readonly session: Buffer
    readonly userType: number
  }): number
}

/** Loads koffi; rejects where the optional package is not installed. */
export async function loadKeypadLogin(): Promise<KeypadLogin> {
  const { default: koffi } = await import('koffi')
  const login = koffi.proto(
    'unsigned long C_Login(unsigned long, unsigned long, void *, unsigned long)',
  )
  return ({ modulePath, session, userType }) => {
    const library = koffi.load(modulePath)
    const listFunctions = library.func('unsigned long C_GetFunctionList(_Out_ void **list)')
    const list: unknown[] = [null]
    const rv = listFunctions(list) as number
    if (rv !== 0) return rv
    const entry =
      firstFunctionOffset(koffi.sizeof('void *')) + C_LOGIN_INDEX * koffi.sizeof('void *')
    const pointer: unknown = koffi.decode(list[0], entry, 'void *')
    return koffi.call(pointer, login, BigInt(decimalOf(session)), userType, null, 0) as number
  }
}

/** Position of C_Login among the functions of CK_FUNCTION_LIST. */
const C_LOGIN_INDEX = 18

/** CK_FUNCTION_LIST begins with a CK_VERSION of two bytes; Windows packs structures to one byte. */
function firstFunctionOffset(pointerSize: number): number {
  return process.platform === 'win32' ? 2 : pointerSize
}
