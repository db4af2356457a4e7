/**
 * A request and a response of the local endpoint as plain values, so that everything that decides
 * about them is a function of its arguments.
 *
 * @module
 */

export interface EndpointRequest {
  readonly method: string
  /** The request target as it came: never decoded, never normalised. */
  readonly target: string
  /** Every value of every Host header. */
  readonly hosts: readonly string[]
  /** Names in lower case; of a header that came twice, one value. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  /** Whether the request says that it has a body, of whatever length above 0. */
  readonly hasBody: boolean
  readonly peer: EndpointPeer
}

export interface EndpointPeer {
  /** On this machine: a loopback address, or the very address that it connected to. */
  readonly isLocal: boolean
  /** User at the other end, where that was looked up and found. */
  readonly uid?: number | undefined
}

export interface EndpointResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** Which route answered: a constant, fit for a log and a metric. */
  readonly route: string
  /** What `headOf` gives, kept for an answer that is sent many times. */
  readonly head?: readonly string[]
}

/** Header names and values in turn, with the length of the body. */
export function headOf({ headers, body }: EndpointResponse): readonly string[] {
  return [...Object.entries(headers).flat(), 'content-length', String(Buffer.byteLength(body))]
}

/** Nothing that this endpoint says may be kept or guessed at by anybody on the way. */
const ALWAYS = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' }

export function textResponse(
  route: string,
  status: number,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): EndpointResponse {
  return { route, status, body, headers: { 'content-type': 'text/plain', ...ALWAYS, ...headers } }
}

export function jsonResponse(
  route: string,
  status: number,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
): EndpointResponse {
  return jsonTextResponse(route, status, JSON.stringify(value), headers)
}

export function jsonTextResponse(
  route: string,
  status: number,
  body: string,
  headers: Readonly<Record<string, string>>,
): EndpointResponse {
  const type = { 'content-type': 'application/json' }
  return { route, status, body, headers: { ...type, ...ALWAYS, ...headers } }
}

export function methodNotAllowed(allow: string): EndpointResponse {
  return textResponse('refused', 405, 'method not allowed', { allow })
}

/**
 * A request target as it came, except that runs of slashes count as one and one at the end as none,
 * because SDKs differ there. It is never decoded.
 */
export function plainPath(target: string): string {
  return target.replace(/\/{2,}/g, '/').replace(/(?<=.)\/$/, '')
}
