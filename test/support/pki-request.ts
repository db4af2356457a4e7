/**
 * A CreateSession request signed by hand, with nothing but node:crypto and the user guide.
 *
 * Independent of src/core and of src/emulator on purpose: where these three agree, they agree on the
 * protocol and not on a shared mistake.
 *
 * @module
 */

import { createHash, createPrivateKey, sign, X509Certificate } from 'node:crypto'
import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'

export const REGION = 'eu-central-1'
export const TRUST_ANCHOR_ARN = `arn:aws:rolesanywhere:${REGION}:111122223333:trust-anchor/4f94a0b1-0b5b-4a3c-9d6f-000000000001`
export const PROFILE_ARN = `arn:aws:rolesanywhere:${REGION}:111122223333:profile/4f94a0b1-0b5b-4a3c-9d6f-000000000002`
export const ROLE_ARN = 'arn:aws:iam::111122223333:role/service/example'

/** Three ARNs, as a client that follows the guide sends them. */
export const ARNS = {
  trustAnchorArn: TRUST_ANCHOR_ARN,
  profileArn: PROFILE_ARN,
  roleArn: ROLE_ARN,
}

/** A request as it goes over the wire; tests alter it after signing. */
export interface WireRequest {
  method: string
  target: string
  headers: [name: string, value: string][]
  body: string
}

export interface SigningOptions {
  certificatePem: string
  privateKeyPem: string
  /** Milliseconds since the epoch. */
  at: number
  chainPem?: readonly string[]
  body?: string
  target?: string
  host?: string
  /** Sent and signed in addition. */
  headers?: readonly [name: string, value: string][]
  /** Sent and not signed, though they should be. */
  leaveUnsigned?: readonly string[]
  /** In place of what is right: */
  credentialSerial?: string
  algorithm?: string
  region?: string
  service?: string
  scopeDate?: string
}

export function signRequest(options: SigningOptions): WireRequest {
  const certificate = new X509Certificate(options.certificatePem)
  const key = createPrivateKey(options.privateKeyPem)
  const date = `${new Date(options.at).toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`
  const body = options.body ?? JSON.stringify(ARNS)
  const target = options.target ?? '/sessions'
  const headers: [string, string][] = [
    ['Host', options.host ?? '127.0.0.1:8443'],
    ['Content-Type', 'application/json'],
    ['X-Amz-Date', date],
    ['X-Amz-X509', certificate.raw.toString('base64')],
    ...(options.headers ?? []),
  ]
  if (options.chainPem !== undefined) {
    const chain = options.chainPem.map((pem) => new X509Certificate(pem).raw.toString('base64'))
    headers.push(['X-Amz-X509-Chain', chain.join(',')])
  }
  const signed = headers
    .map(([name, value]) => [name.toLowerCase(), value.trim().replace(/ +/g, ' ')] as const)
    .filter(([name]) => !(options.leaveUnsigned ?? []).includes(name))
    .sort(([a], [b]) => (a < b ? -1 : 1))
  const names = signed.map(([name]) => name).join(';')
  const [path = '', query = ''] = target.split('?')
  const canonical = [
    'POST',
    path,
    query.split('&').sort().join('&'),
    ...signed.map(([name, value]) => `${name}:${value}`),
    '',
    names,
    sha256(body),
  ].join('\n')
  const scopeDate = options.scopeDate ?? date.slice(0, 8)
  const scope = [
    scopeDate,
    options.region ?? REGION,
    options.service ?? 'rolesanywhere',
    'aws4_request',
  ].join('/')
  const rightAlgorithm =
    key.asymmetricKeyType === 'rsa' ? 'AWS4-X509-RSA-SHA256' : 'AWS4-X509-ECDSA-SHA256'
  const algorithm = options.algorithm ?? rightAlgorithm
  const signature = sign(
    'sha256',
    Buffer.from([algorithm, date, scope, sha256(canonical)].join('\n')),
    key,
  ).toString('hex')
  const serialNumber = options.credentialSerial ?? decimal(certificate.serialNumber)
  headers.push(
    ['Content-Length', String(Buffer.byteLength(body))],
    [
      'Authorization',
      `${algorithm} Credential=${serialNumber}/${scope}, SignedHeaders=${names}, Signature=${signature}`,
    ],
  )
  return { method: 'POST', target, headers, body }
}

/** The request with one header's value changed, after it was signed. */
export function withHeader(
  request: WireRequest,
  name: string,
  change: (value: string) => string,
): WireRequest {
  return {
    ...request,
    headers: request.headers.map(([header, value]) =>
      header.toLowerCase() === name ? [header, change(value)] : [header, value],
    ),
  }
}

export function wireBytes({ method, target, headers, body }: WireRequest): Buffer {
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`)
  return Buffer.from(`${method} ${target} HTTP/1.1\r\n${lines.join('')}\r\n${body}`)
}

export interface WireResponse {
  status: number
  headers: Record<string, string>
  body: string
}

/** Sends bytes over a connection of their own and reads until the other side has ended it. */
export async function exchangeRaw(url: string, bytes: Uint8Array, caPem?: string): Promise<Buffer> {
  const { hostname, port } = new URL(url)
  const socket: Socket =
    caPem === undefined
      ? connect(Number(port), hostname)
      : connectTls({ host: hostname, port: Number(port), ca: caPem })
  socket.end(bytes)
  const chunks: Buffer[] = []
  for await (const chunk of socket) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

/** One exchange of well-formed HTTP. */
export async function exchange(
  url: string,
  request: WireRequest,
  caPem?: string,
): Promise<WireResponse> {
  const closing: WireRequest = {
    ...request,
    headers: [...request.headers, ['Connection', 'close']],
  }
  return parseResponse(await exchangeRaw(url, wireBytes(closing), caPem))
}

export function parseResponse(bytes: Buffer): WireResponse {
  const [head = '', ...body] = bytes.toString('latin1').split('\r\n\r\n')
  const [statusLine = '', ...lines] = head.split('\r\n')
  return {
    status: Number(statusLine.split(' ')[1]),
    headers: Object.fromEntries(
      lines.map((line) => {
        const colon = line.indexOf(':')
        return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
      }),
    ),
    body: Buffer.from(body.join('\r\n\r\n'), 'latin1').toString('utf8'),
  }
}

function decimal(hex: string): string {
  return hex.startsWith('-') ? `-${BigInt(`0x${hex.slice(1)}`)}` : BigInt(`0x${hex}`).toString()
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
