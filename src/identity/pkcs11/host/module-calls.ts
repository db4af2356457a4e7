/**
 * The calls of one loaded module, with their sessions: one read-only session for each slot in use.
 *
 * Runs in the host process. Each method is a short straight line of C_* calls; what a token lacks
 * (an attribute, a class of objects) is left out of the answer instead of failing it.
 *
 * @see protocol-facts.md 9.5
 * @module
 */

import type { Handle, PKCS11 } from 'pkcs11js'
import {
  CKA,
  CKF,
  CKF_RW_SESSION,
  CKF_SERIAL_SESSION,
  CKO,
  CKR,
  CKU,
  CryptokiError,
  called,
} from '../cryptoki.ts'
import type {
  HostOperations,
  ModuleInfo,
  PairRequest,
  Pin,
  SlotInfo,
  TokenInfo,
  TokenObjects,
} from '../host-protocol.ts'
import { bytesOf, decimalOf } from './ck-ulong.ts'
import { loadKeypadLogin } from './keypad-login.ts'
import { SupportMissingError } from './load-module.ts'
import { makePair } from './make-pair.ts'
import { readCertificateObject, readKeyObject } from './read-object.ts'

export class ModuleCalls {
  readonly #module: PKCS11
  readonly #path: string
  /** Open sessions by slot id. */
  readonly #sessions = new Map<string, Handle>()

  constructor(module: PKCS11, path: string) {
    this.#module = module
    this.#path = path
  }

  moduleInfo(): ModuleInfo {
    const info = called('C_GetInfo', () => this.#module.C_GetInfo())
    return {
      manufacturer: unpad(info.manufacturerID),
      description: unpad(info.libraryDescription),
      version: info.libraryVersion,
    }
  }

  /** Slots with an initialised token; a slot that cannot be read is as good as empty. */
  slots(): readonly SlotInfo[] {
    const handles = called('C_GetSlotList', () => this.#module.C_GetSlotList(true))
    return handles.flatMap((handle) => {
      const id = decimalOf(handle)
      try {
        const slot = called('C_GetSlotInfo', () => this.#module.C_GetSlotInfo(handle))
        const token = this.token(id)
        if ((token.flags & CKF.TOKEN_INITIALIZED) === 0) return []
        return [
          {
            id,
            description: unpad(slot.slotDescription),
            manufacturer: unpad(slot.manufacturerID),
            token,
          },
        ]
      } catch (error) {
        if (error instanceof CryptokiError) return []
        throw error
      }
    })
  }

  token(slot: string): TokenInfo {
    const info = called('C_GetTokenInfo', () => this.#module.C_GetTokenInfo(bytesOf(slot)))
    return {
      label: unpad(info.label),
      manufacturer: unpad(info.manufacturerID),
      model: unpad(info.model),
      serial: unpad(info.serialNumber),
      flags: info.flags,
    }
  }

  mechanisms(slot: string): readonly number[] {
    return called('C_GetMechanismList', () => this.#module.C_GetMechanismList(bytesOf(slot)))
  }

  objects(slot: string): TokenObjects {
    const session = this.#session(slot)
    const find = (objectClass: number): readonly Handle[] => this.#find(session, objectClass)
    return {
      certificates: find(CKO.CERTIFICATE).flatMap((object) =>
        readCertificateObject(this.#module, session, object),
      ),
      privateKeys: find(CKO.PRIVATE_KEY).map((object) =>
        readKeyObject(this.#module, session, object, 'private'),
      ),
      publicKeys: find(CKO.PUBLIC_KEY).map((object) =>
        readKeyObject(this.#module, session, object, 'public'),
      ),
    }
  }

  async login(slot: string, pin: Pin): Promise<void> {
    await this.#login(this.#session(slot), CKU.USER, pin)
  }

  async sign(ask: HostOperations['sign']['ask']): Promise<string> {
    const session = this.#session(ask.slot)
    try {
      called('C_SignInit', () => {
        const mechanism = { mechanism: ask.mechanism }
        this.#module.C_SignInit(session, mechanism, Buffer.from(ask.key, 'hex'))
      })
      if (ask.contextPin !== undefined) {
        await this.#login(session, CKU.CONTEXT_SPECIFIC, ask.contextPin)
      }
      const signature = called('C_Sign', () =>
        this.#module.C_Sign(
          session,
          Buffer.from(ask.data, 'base64'),
          Buffer.alloc(MAX_SIGNATURE_BYTES),
        ),
      )
      return signature.toString('base64')
    } catch (error) {
      this.#replaceSession(ask.slot, session)
      throw error
    }
  }

  /** A login holds for every session of this process, so one that may write needs none of its own. */
  makePair(request: PairRequest): void {
    const session = called('C_OpenSession', () =>
      this.#module.C_OpenSession(bytesOf(request.slot), CKF_SERIAL_SESSION | CKF_RW_SESSION),
    )
    try {
      makePair(this.#module, session, request)
    } finally {
      this.#module.C_CloseSession(session)
    }
  }

  finalize(): void {
    called('C_Finalize', () => {
      this.#module.C_Finalize()
    })
    this.#module.close()
  }

  #session(slot: string): Handle {
    const open = this.#sessions.get(slot)
    if (open !== undefined) return open
    const session = called('C_OpenSession', () =>
      this.#module.C_OpenSession(bytesOf(slot), CKF_SERIAL_SESSION),
    )
    this.#sessions.set(slot, session)
    return session
  }

  /**
   * A failed C_Sign can leave its session in CKR_OPERATION_ACTIVE for good. The new session is opened
   * before the old one is closed, since closing the last one logs the user out.
   */
  #replaceSession(slot: string, broken: Handle): void {
    this.#sessions.delete(slot)
    try {
      this.#session(slot)
    } catch {
      // The next request meets the reason, and can report it.
    }
    try {
      this.#module.C_CloseSession(broken)
    } catch {
      // It is gone already: with the token.
    }
  }

  async #login(session: Handle, userType: number, pin: Pin): Promise<void> {
    try {
      if (pin === null) await this.#loginOnKeypad(session, userType)
      else
        called('C_Login', () => {
          this.#module.C_Login(session, userType, pin)
        })
    } catch (error) {
      const alreadyDone = error instanceof CryptokiError && error.rv === CKR.USER_ALREADY_LOGGED_IN
      if (!alreadyDone) throw error
    }
  }

  async #loginOnKeypad(session: Handle, userType: number): Promise<void> {
    const login = await loadKeypadLogin().catch((cause: unknown) => {
      throw new SupportMissingError('koffi', cause)
    })
    const rv = login({ modulePath: this.#path, session, userType })
    if (rv !== 0) throw new CryptokiError('C_Login', rv, nameOf(rv))
  }

  #find(session: Handle, objectClass: number): readonly Handle[] {
    called('C_FindObjectsInit', () => {
      this.#module.C_FindObjectsInit(session, [{ type: CKA.CLASS, value: objectClass }])
    })
    try {
      const found: Handle[] = []
      for (;;) {
        const some = called('C_FindObjects', () => this.#module.C_FindObjects(session, 64))
        found.push(...some)
        if (some.length === 0 || found.length >= MAX_OBJECTS) return found
      }
    } finally {
      called('C_FindObjectsFinal', () => {
        this.#module.C_FindObjectsFinal(session)
      })
    }
  }
}

/** ML-DSA-87 has 4,627 bytes, RSA-8192 has 1,024, and P-521 in DER 139. */
const MAX_SIGNATURE_BYTES = 8192
/** A token with more objects of one class is broken or hostile: the search has to end. */
const MAX_OBJECTS = 4096

function nameOf(rv: number): string {
  const known = Object.entries(CKR).find(([, value]) => value === rv)
  return known === undefined ? `CKR 0x${rv.toString(16)}` : `CKR_${known[0]}`
}

/** Fields are padded with spaces, by some modules with NUL. */
function unpad(text: string): string {
  return text.replace(/[ \0]+$/u, '')
}
