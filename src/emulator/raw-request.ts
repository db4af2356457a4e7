/**
 * One HTTP/1.1 request out of the raw bytes of a socket, with nothing tidied up.
 *
 * A verifier of signatures has to see what was sent: the target as written, every header in order and
 * with its own spelling, the body byte for byte. What two readers could read differently is refused
 * (two Host headers, both lengths, folded lines, bare line feeds). Leaves out: HTTP/1.0, trailers,
 * chunk extensions, upgrades.
 *
 * @see RFC 9112 sections 2 to 7
 * @module
 */

export interface RawHeader {
  /** In the sender's own letter case. */
  readonly name: string
  /** Without surrounding white space; one character for each byte (Latin-1). */
  readonly value: string
}

export interface RawRequest {
  readonly method: string
  /** The request target exactly as sent: path and query, still encoded. */
  readonly target: string
  readonly headers: readonly RawHeader[]
  readonly body: Uint8Array
}

/** A head of six certificates of ordinary size fits several times over. */
export const MAX_HEAD_BYTES = 131_072
export const MAX_BODY_BYTES = 65_536

/** The bytes are not a request that can be answered; the connection is of no more use. */
export class MalformedRequest extends Error {
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.name = 'MalformedRequest'
    this.status = status
  }
}

/**
 * The first request in `bytes` and how many bytes it takes, or undefined while it is not complete.
 *
 * @throws {MalformedRequest}
 */
export function parseRawRequest(
  bytes: Buffer,
): { readonly request: RawRequest; readonly length: number } | undefined {
  const headEnd = bytes.indexOf('\r\n\r\n')
  if (headEnd > MAX_HEAD_BYTES || (headEnd === -1 && bytes.length > MAX_HEAD_BYTES)) {
    throw new MalformedRequest(431, 'request head is too large')
  }
  if (headEnd === -1) return undefined
  const [requestLine = '', ...lines] = bytes.subarray(0, headEnd).toString('latin1').split('\r\n')
  const { method, target } = parseRequestLine(requestLine)
  const headers = lines.map(parseHeaderLine)
  if (valuesOf(headers, 'host').length !== 1) {
    throw new MalformedRequest(400, 'exactly one Host header is required')
  }
  const rest = bytes.subarray(headEnd + 4)
  const content = hasChunkedBody(headers)
    ? parseChunkedBody(rest)
    : parsePlainBody(rest, contentLength(headers))
  if (content === undefined) return undefined
  return {
    request: { method, target, headers, body: content.body },
    length: headEnd + 4 + content.length,
  }
}

/** All values of a header, in order of appearance. */
export function valuesOf(headers: readonly RawHeader[], name: string): readonly string[] {
  return headers.filter((header) => header.name.toLowerCase() === name).map(({ value }) => value)
}

function parseRequestLine(line: string): { method: string; target: string } {
  const match = /^([A-Z]{1,16}) (\/[\x21-\x7e]*) (HTTP\/\d\.\d)$/.exec(line)
  const [, method, target, version] = match ?? []
  if (method === undefined || target === undefined) {
    throw new MalformedRequest(400, 'malformed request line')
  }
  if (version !== 'HTTP/1.1') throw new MalformedRequest(505, 'only HTTP/1.1 is spoken here')
  return { method, target }
}

function parseHeaderLine(line: string): RawHeader {
  const match = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):([\t\x20-\x7e\x80-\xff]*)$/.exec(line)
  const [, name, value] = match ?? []
  if (name === undefined || value === undefined) {
    throw new MalformedRequest(400, 'malformed header line')
  }
  return { name, value: value.replace(/^[\t ]+|[\t ]+$/g, '') }
}

function hasChunkedBody(headers: readonly RawHeader[]): boolean {
  const codings = valuesOf(headers, 'transfer-encoding')
  if (codings.length === 0) return false
  if (codings.length > 1 || codings[0]?.toLowerCase() !== 'chunked') {
    throw new MalformedRequest(501, 'the only transfer coding known here is chunked')
  }
  // A request with both is how one request is smuggled inside another.
  if (valuesOf(headers, 'content-length').length > 0) {
    throw new MalformedRequest(400, 'both Transfer-Encoding and Content-Length')
  }
  return true
}

function contentLength(headers: readonly RawHeader[]): number {
  const values = valuesOf(headers, 'content-length')
  if (values.length === 0) return 0
  const [value = ''] = values
  if (values.length > 1 || !/^\d{1,15}$/.test(value)) {
    throw new MalformedRequest(400, 'malformed Content-Length')
  }
  return Number(value)
}

interface Content {
  readonly body: Uint8Array
  readonly length: number
}

function parsePlainBody(bytes: Buffer, length: number): Content | undefined {
  if (length > MAX_BODY_BYTES) throw new MalformedRequest(413, 'request body is too large')
  return bytes.length < length ? undefined : { body: bytes.subarray(0, length), length }
}

function parseChunkedBody(bytes: Buffer): Content | undefined {
  const chunks: Buffer[] = []
  let total = 0
  let offset = 0
  for (;;) {
    const lineEnd = bytes.indexOf('\r\n', offset)
    const line = bytes.subarray(offset, lineEnd === -1 ? undefined : lineEnd).toString('latin1')
    if (line.length > MAX_CHUNK_SIZE_DIGITS) throw new MalformedRequest(400, 'malformed chunk size')
    if (lineEnd === -1) return undefined
    if (!/^[0-9a-fA-F]+$/.test(line)) throw new MalformedRequest(400, 'malformed chunk size')
    const size = Number.parseInt(line, 16)
    const end = lineEnd + 2 + size
    total += size
    if (total > MAX_BODY_BYTES) throw new MalformedRequest(413, 'request body is too large')
    if (bytes.length < end + 2) return undefined
    if (bytes.toString('latin1', end, end + 2) !== '\r\n') {
      throw new MalformedRequest(400, 'malformed end of chunk')
    }
    if (size === 0) return { body: Buffer.concat(chunks), length: end + 2 }
    chunks.push(bytes.subarray(lineEnd + 2, end))
    offset = end + 2
  }
}

const MAX_CHUNK_SIZE_DIGITS = 8
