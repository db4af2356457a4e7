/**
 * The TPM commands that signing and making a key take, each with the section of the specification that defines it.
 *
 * Authorisation is by password (TPM_RS_PW). An HMAC session would keep the password off the wire
 * between CPU and TPM, but it also needs a session key bound to a key whose public part is known to be
 * genuine; without that a tapper of the bus defeats it anyway. Who can tap that bus is outside of what
 * this program defends against, see SECURITY.md.
 *
 * @see TPM 2.0 Library, Part 3 (Commands); Part 1, section 18 (Command/Response Structure)
 * @module
 */

import { setTimeout } from 'node:timers/promises'
import type { TpmChannel } from './channel.ts'
import type { CommandName } from './constants.ts'
import {
  ALG_ECDSA,
  ALG_RSASSA,
  CAP_HANDLES,
  CAP_TPM_PROPERTIES,
  COMMAND_CODES,
  HT_PERSISTENT,
  RH_NULL,
  RS_PW,
  ST_HASHCHECK,
  ST_NO_SESSIONS,
  ST_SESSIONS,
} from './constants.ts'
import { RC_RETRY, RC_SUCCESS, RC_TESTING, RC_YIELDED } from './response-codes.ts'
import { TpmFormatError, TpmReader, sized, uint16, uint32, uint8 } from './wire.ts'

/** The TPM answered, and the answer is a response code other than success. */
export class TpmResponseError extends Error {
  override readonly name = 'TpmResponseError'
  readonly command: CommandName
  readonly responseCode: number

  constructor(command: CommandName, responseCode: number) {
    super(`TPM2_${command} answered 0x${responseCode.toString(16)}`)
    this.command = command
    this.responseCode = responseCode
  }
}

export interface SignatureScheme {
  readonly scheme: number
  readonly hash: number
}

/** r and s are unsigned and may be shorter than the curve. */
export type TpmSignature =
  | { readonly kind: 'rsassa'; readonly signature: Uint8Array }
  | { readonly kind: 'ecdsa'; readonly r: Uint8Array; readonly s: Uint8Array }

/** TPM2_CreatePrimary (Part 3, section 24.1) under a hierarchy with an empty password. */
export async function createPrimary(
  channel: TpmChannel,
  hierarchy: number,
  template: Uint8Array,
): Promise<number> {
  const noSensitiveData = sized(sized(), sized())
  const parameters = [noSensitiveData, sized(template), sized(), uint32(0)]
  const response = await run(channel, 'CreatePrimary', [hierarchy], parameters, EMPTY_PASSWORD)
  return response.uint32()
}

/** TPM2_Create (Part 3, section 12.1): a key under `parent`, made by the TPM and wrapped for it alone. */
export async function create(
  channel: TpmChannel,
  parent: number,
  template: Uint8Array,
  password: Uint8Array,
): Promise<{ readonly privateBytes: Buffer; readonly publicBytes: Buffer }> {
  const sensitive = sized(sized(password), sized())
  const parameters = [sensitive, sized(template), sized(), uint32(0)]
  try {
    const response = await run(channel, 'Create', [parent], parameters, EMPTY_PASSWORD)
    response.uint32() // parameterSize
    const privateBytes = response.sized()
    return { privateBytes, publicBytes: response.sized() }
  } finally {
    sensitive.fill(0)
  }
}

/** TPM2_Load (Part 3, section 12.2): the handle of the loaded key. */
export async function load(
  channel: TpmChannel,
  parent: number,
  privateArea: Uint8Array,
  publicArea: Uint8Array,
): Promise<number> {
  const parameters = [sized(privateArea), sized(publicArea)]
  return (await run(channel, 'Load', [parent], parameters, EMPTY_PASSWORD)).uint32()
}

/** TPM2_ReadPublic (Part 3, section 12.4): the public area of a loaded or persistent object. */
export async function readPublic(channel: TpmChannel, handle: number): Promise<Buffer> {
  return (await run(channel, 'ReadPublic', [handle], [])).sized()
}

/** TPM2_FlushContext (Part 3, section 28.4): the handle is a parameter, not in the handle area. */
export async function flushContext(channel: TpmChannel, handle: number): Promise<void> {
  await run(channel, 'FlushContext', [], [uint32(handle)])
}

/** TPM2_Sign (Part 3, section 20.2) over a digest that the TPM did not make. */
export async function sign(
  channel: TpmChannel,
  key: number,
  digest: Uint8Array,
  { scheme, hash }: SignatureScheme,
  password: Uint8Array,
): Promise<TpmSignature> {
  const nullTicket = [uint16(ST_HASHCHECK), uint32(RH_NULL), sized()]
  const parameters = [sized(digest), uint16(scheme), uint16(hash), ...nullTicket]
  const response = await run(channel, 'Sign', [key], parameters, password)
  response.uint32() // parameterSize: a response with sessions says where its parameters end.
  const algorithm = response.uint16()
  response.uint16() // hash
  switch (algorithm) {
    case ALG_RSASSA:
      return { kind: 'rsassa', signature: response.sized() }
    case ALG_ECDSA:
      return { kind: 'ecdsa', r: response.sized(), s: response.sized() }
    default:
      throw new TpmFormatError(`the TPM signed with algorithm 0x${algorithm.toString(16)}`)
  }
}

/** TPM2_GetCapability (Part 3, section 30.2) for one TPM_PT property. */
export async function readProperty(
  channel: TpmChannel,
  property: number,
): Promise<number | undefined> {
  const parameters = [uint32(CAP_TPM_PROPERTIES), uint32(property), uint32(1)]
  const response = await run(channel, 'GetCapability', [], parameters)
  response.bytes(1 + 4) // moreData, capability
  const count = response.uint32()
  // A TPM without the property answers with the next one that it has.
  return count > 0 && response.uint32() === property ? response.uint32() : undefined
}

/** TPM2_GetCapability (Part 3, section 30.2) for the handles of what stays in the TPM; a TPM has few. */
export async function persistentHandles(channel: TpmChannel): Promise<readonly number[]> {
  const parameters = [uint32(CAP_HANDLES), uint32(FIRST_PERSISTENT), uint32(MAX_HANDLES)]
  const response = await run(channel, 'GetCapability', [], parameters)
  response.bytes(1 + 4) // moreData, capability
  const count = response.uint32()
  const handles = Array.from({ length: Math.min(count, MAX_HANDLES) }, () => response.uint32())
  return handles.filter((handle) => handle >>> 24 === HT_PERSISTENT)
}

const FIRST_PERSISTENT = HT_PERSISTENT * 0x100_0000
const MAX_HANDLES = 64

const EMPTY_PASSWORD = new Uint8Array(0)

/**
 * One command and its response (Part 1, section 18.1): header, handles, one password authorisation
 * where the command takes one, parameters. What is returned stands after the response's header.
 */
async function run(
  channel: TpmChannel,
  command: CommandName,
  handles: readonly number[],
  parameters: readonly Uint8Array[],
  password?: Uint8Array,
): Promise<TpmReader> {
  const body = Buffer.concat([
    ...handles.map(uint32),
    ...(password === undefined ? [] : [authorizationArea(password)]),
    ...parameters,
  ])
  const request = Buffer.concat([
    uint16(password === undefined ? ST_NO_SESSIONS : ST_SESSIONS),
    uint32(10 + body.length),
    uint32(COMMAND_CODES[command]),
    body,
  ])
  try {
    for (let attempt = 1; ; attempt += 1) {
      const { responseCode, reader } = readHeader(await channel.transmit(request))
      if (responseCode === RC_SUCCESS) return reader
      if (!RESUBMIT.includes(responseCode) || attempt === MAX_SUBMISSIONS) {
        throw new TpmResponseError(command, responseCode)
      }
      await setTimeout(2 ** attempt)
    }
  } finally {
    body.fill(0)
    request.fill(0)
  }
}

/**
 * The TPM has not begun the command and asks for it again. The kernel does that by itself for its
 * devices; a simulator answers so before the first use of a protected key, to note it down.
 */
const RESUBMIT: readonly number[] = [RC_RETRY, RC_YIELDED, RC_TESTING]
/** With the waits doubling from 2 ms, about 4 seconds. */
const MAX_SUBMISSIONS = 12

/** tag, responseSize, responseCode. */
function readHeader(response: Buffer): { responseCode: number; reader: TpmReader } {
  const reader = new TpmReader(response)
  const tag = reader.uint16()
  if (reader.uint32() !== response.length || (tag !== ST_NO_SESSIONS && tag !== ST_SESSIONS)) {
    throw new TpmFormatError('the answer is not a TPM response')
  }
  return { responseCode: reader.uint32(), reader }
}

/** authorizationSize and one TPMS_AUTH_COMMAND (Part 2, section 10.13.2) that is a password. */
function authorizationArea(password: Uint8Array): Buffer {
  const noNonce = sized()
  const continueSession = uint8(0)
  const session = Buffer.concat([uint32(RS_PW), noNonce, continueSession, sized(password)])
  return Buffer.concat([uint32(session.length), session])
}
