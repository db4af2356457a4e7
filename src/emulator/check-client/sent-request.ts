/**
 * What a client sent, as far as it can be shown: names of headers, algorithm, chain and body, and no
 * signature.
 *
 * @module
 */

import { parseQuery } from '../canonical-request.ts'
import { valuesOf, type RawRequest } from '../raw-request.ts'

export interface SentRequest {
  readonly method: string
  readonly path: string
  /** Names of the query parameters. */
  readonly query: readonly string[]
  /** In the order and spelling sent. */
  readonly headers: readonly string[]
  readonly signedHeaders: readonly string[]
  readonly algorithm: string
  /** What X-Amz-X509-Chain holds, in order: `leaf`, `intermediate`, `root` or `stranger`. */
  readonly chain: readonly string[]
  readonly contentType: string
  readonly body: string
  readonly userAgent: string
}

/** @param known Base64 of certificates, and what they are called. */
export function sentRequest(request: RawRequest, known: ReadonlyMap<string, string>): SentRequest {
  const first = (name: string): string => valuesOf(request.headers, name)[0] ?? ''
  const [path = '', query = ''] = request.target.split('?')
  const authorization = first('authorization')
  const chain = first('x-amz-x509-chain')
  return {
    method: request.method,
    path,
    query: parseQuery(query).map(([name]) => name),
    headers: request.headers.map(({ name }) => name),
    signedHeaders: /SignedHeaders=([^, ]+)/.exec(authorization)?.[1]?.split(';') ?? [],
    algorithm: authorization.split(' ')[0] ?? '',
    chain: chain === '' ? [] : chain.split(',').map((text) => known.get(text) ?? 'stranger'),
    contentType: first('content-type'),
    body: Buffer.from(request.body).toString('utf8'),
    userAgent: first('user-agent'),
  }
}
