/**
 * Text armour of keys and certificates: RFC 7468, with the headers that RFC 1421 and OpenSSL's legacy
 * encryption put before the body.
 *
 * Strict inside a block (labels pair up, base64 is canonical), indifferent to text around blocks: bag
 * attributes, comments and `openssl x509 -text` output are everywhere. What a label means is the
 * reader's business.
 *
 * @see RFC 7468 section 2 and 3; RFC 1421 section 4.4
 * @module
 */

import { RolesAnywhereError } from '../../core/errors.ts'

export interface PemBlock {
  /** Such as `CERTIFICATE` or `RSA PRIVATE KEY`. */
  readonly label: string
  readonly headers: readonly PemHeader[]
  readonly bytes: Buffer
}

export interface PemHeader {
  readonly name: string
  readonly value: string
}

/** A whole system trust store has about 150 certificates. */
const MAX_BLOCKS = 512

const BEGIN_MARK = '-----BEGIN '
const END_MARK = '-----END '
const BEGIN_LINE = /^-----BEGIN ([A-Za-z0-9](?:[ A-Za-z0-9.#/+]{0,62}[A-Za-z0-9])?)-----$/u
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/u

/**
 * Every block of a PEM text, in order.
 *
 * @param name of the file or source, for error messages.
 * @throws {RolesAnywhereError} ERR_CONFIG_PEM_INVALID with the line number.
 */
export function parsePem(text: string, name: string): readonly PemBlock[] {
  const blocks: PemBlock[] = []
  let open: { label: string; line: number; body: string[] } | undefined
  for (const [index, rawLine] of text.split(/\r\n|\n|\r/u).entries()) {
    const line = rawLine.trim()
    const at = index + 1
    if (open === undefined) {
      if (line.startsWith(BEGIN_MARK)) open = { label: labelOf(line, name, at), line: at, body: [] }
    } else if (line.startsWith(BEGIN_MARK)) {
      throw invalid(name, open.line, `the block "${open.label}" has no END line`)
    } else if (line.startsWith(END_MARK)) {
      if (line !== `${END_MARK}${open.label}-----`) {
        throw invalid(name, at, `the END line does not match "BEGIN ${open.label}"`)
      }
      if (blocks.length === MAX_BLOCKS) throw invalid(name, at, `more than ${MAX_BLOCKS} blocks`)
      blocks.push(decodeBlock(open.label, open.body, name, open.line))
      open = undefined
    } else {
      open.body.push(line)
    }
  }
  if (open !== undefined)
    throw invalid(name, open.line, `the block "${open.label}" has no END line`)
  return blocks
}

function labelOf(line: string, name: string, at: number): string {
  const label = BEGIN_LINE.exec(line)?.[1]
  if (label === undefined) {
    // The rest of the line may be key bytes: it is not shown.
    throw invalid(name, at, 'the BEGIN line holds more than a label', LOST_LINE_BREAKS)
  }
  return label
}

function decodeBlock(label: string, body: readonly string[], name: string, at: number): PemBlock {
  const hasHeaders = body[0]?.includes(':') === true
  const blank = hasHeaders ? body.indexOf('') : -1
  if (hasHeaders && blank === -1) {
    throw invalid(name, at, `no empty line after the headers of "${label}"`)
  }
  const base64 = body
    .slice(blank + 1)
    .join('')
    .replaceAll(/[ \t]/gu, '')
  const bytes = decodeBase64(base64)
  if (bytes === undefined) throw invalid(name, at, `the body of "${label}" is not base64`)
  return { label, headers: parseHeaders(body.slice(0, Math.max(blank, 0))), bytes }
}

/** Lines without a name continue the value above them. */
function parseHeaders(lines: readonly string[]): readonly PemHeader[] {
  const headers: { name: string; value: string }[] = []
  for (const line of lines) {
    const [, name, value] = /^([A-Za-z][A-Za-z0-9-]*):(.*)$/u.exec(line) ?? []
    const last = headers.at(-1)
    if (name !== undefined) headers.push({ name, value: value?.trim() ?? '' })
    else if (last !== undefined) last.value += line
  }
  return headers
}

/**
 * Canonical base64 only: Node's own decoder skips what it does not know, and would make two different
 * texts one key.
 */
export function decodeBase64(text: string): Buffer | undefined {
  if (text.length % 4 !== 0 || !BASE64.test(text)) return undefined
  const bytes = Buffer.from(text, 'base64')
  return bytes.toString('base64') === text ? bytes : undefined
}

function invalid(name: string, line: number, problem: string, hint?: string): RolesAnywhereError {
  return new RolesAnywhereError('ERR_CONFIG_PEM_INVALID', `"${name}" line ${line}: ${problem}`, {
    hint: hint ?? 'the file may be cut off or edited: export or copy it again',
    detail: { line },
  })
}

const LOST_LINE_BREAKS = 'the line breaks may have been lost when the text was copied'
