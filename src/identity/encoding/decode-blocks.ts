/**
 * From the bytes of a key or certificate source to its blocks: PEM, one DER value, or either of them
 * once more in base64 (environment files cannot hold line breaks).
 *
 * @module
 */

import { RolesAnywhereError } from '../../core/errors.ts'
import { decodeBase64, parsePem, type PemBlock } from './pem.ts'

/** The label given to a DER value, which has none of its own. */
export const DER_LABEL = 'DER'

/** Where bytes came from, and the bytes. */
export interface NamedBytes {
  /** For messages: the path, or what the secret source is called. */
  readonly name: string
  readonly bytes: Buffer
}

/** @throws {RolesAnywhereError} ERR_CONFIG_PEM_INVALID. */
export function decodeBlocks({ name, bytes }: NamedBytes): readonly PemBlock[] {
  if (bytes.length === 0) throw notReadable(name, 'is empty')
  if (UTF_16_MARKS.includes(bytes.toString('hex', 0, 2))) {
    throw notReadable(name, 'is UTF-16 text', 'save it as plain ASCII or UTF-8')
  }
  const blocks = plainBlocks(name, bytes) ?? plainBlocks(name, unwrapped(bytes))
  if (blocks === undefined) throw notReadable(name, 'is neither PEM nor DER')
  return blocks
}

function plainBlocks(name: string, bytes: Buffer | undefined): readonly PemBlock[] | undefined {
  if (bytes?.includes('-----BEGIN ') === true) {
    const start = bytes.toString('hex', 0, 3) === UTF_8_MARK ? 3 : 0
    return parsePem(bytes.toString('latin1', start), name)
  }
  // The tag of a SEQUENCE; the base64 of one starts with M, and of PEM with L.
  return bytes?.[0] === 0x30 ? [{ label: DER_LABEL, headers: [], bytes }] : undefined
}

function unwrapped(bytes: Buffer): Buffer | undefined {
  return decodeBase64(bytes.toString('latin1').replaceAll(/\s/gu, ''))
}

function notReadable(name: string, problem: string, hint?: string): RolesAnywhereError {
  return new RolesAnywhereError('ERR_CONFIG_PEM_INVALID', `"${name}" ${problem}`, {
    hint: hint ?? 'give a file in PEM (text with BEGIN and END lines) or DER',
  })
}

const UTF_8_MARK = 'efbbbf'
const UTF_16_MARKS: readonly string[] = ['fffe', 'feff']
