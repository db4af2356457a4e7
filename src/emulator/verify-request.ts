/**
 * Whether a request was really signed: the canonical request is built again from the raw request and
 * the SignedHeaders list, and the signature checked with the public key of the X-Amz-X509 certificate.
 *
 * Written from the user guide, and sharing nothing with the signer in core/, so that the two can
 * disagree. Whether the certificate is worth anything is verify-chain.ts's question.
 *
 * @see IAM Roles Anywhere User Guide, "Signing process for CreateSession"
 * @module
 */

import { constants, verify, type KeyObject } from 'node:crypto'
import { parseAuthorization, type Authorization } from './authorization.ts'
import { canonicalRequest, sha256Hex } from './canonical-request.ts'
import { nameOf, parseCertificate, type Certificate } from './pkix/certificate.ts'
import { valuesOf, type RawRequest } from './raw-request.ts'
import { Refusal } from './refusal.ts'

/** How far `X-Amz-Date` may be from the server's clock; SigV4's general rule. */
const CLOCK_TOLERANCE_MS = 900_000

/** The service's own limit for X-Amz-X509-Chain. */
const MAX_CHAIN_LENGTH = 5

export interface VerifyRequestOptions {
  /** The server's time, milliseconds since the epoch. */
  readonly now: number
  /** Only this region is served; any region when absent. */
  readonly region?: string | undefined
  /** Default `rolesanywhere`; for requests that were recorded with another name. */
  readonly service?: string
}

export interface VerifiedRequest {
  /** Holds the key that signed; not yet trusted. */
  readonly leaf: Certificate
  /** What X-Amz-X509-Chain offers, in the order sent; not yet trusted. */
  readonly chain: readonly Certificate[]
  /** Region of the credential scope. */
  readonly region: string
}

/** @throws {Refusal} */
export function verifyRequest(request: RawRequest, options: VerifyRequestOptions): VerifiedRequest {
  const authorization = parseAuthorization(valuesOf(request.headers, 'authorization'))
  const date = singleValue(request, 'x-amz-date')
  checkDate(date, options.now)
  checkScope(authorization, date, options)
  checkSignedHeaders(request, authorization.signedHeaders)
  const leaf = leafCertificate(request)
  if (authorization.serialNumber !== leaf.serialNumber.toString()) {
    throw new Refusal(
      'serial-mismatch',
      `Credential says serial number ${authorization.serialNumber}, ` +
        `the certificate has ${leaf.serialNumber.toString()} (decimal)`,
    )
  }
  const canonical = canonicalRequest(request, authorization.signedHeaders)
  checkSignature(authorization, stringToSign(authorization, date, canonical), leaf)
  return { leaf, chain: chainCertificates(request), region: authorization.region }
}

interface Algorithm {
  readonly keyTypes: readonly string[]
  verify(message: Buffer, key: KeyObject, signature: Buffer): boolean
}

/**
 * One row for each algorithm: the kind of key it needs, and how a signature over the string to sign
 * is checked.
 */
const ALGORITHMS: Readonly<Record<string, Algorithm>> = {
  'AWS4-X509-RSA-SHA256': {
    keyTypes: ['rsa'],
    verify: (message, key, signature) =>
      verify('sha256', message, { key, padding: constants.RSA_PKCS1_PADDING }, signature),
  },
  'AWS4-X509-ECDSA-SHA256': {
    keyTypes: ['ec'],
    verify: (message, key, signature) =>
      verify('sha256', message, { key, dsaEncoding: 'der' }, signature),
  },
  'AWS4-X509-MLDSA': {
    keyTypes: ['ml-dsa-44', 'ml-dsa-65', 'ml-dsa-87'],
    verify: (message, key, signature) => verify(null, message, key, signature),
  },
}

function checkSignature(authorization: Authorization, message: string, leaf: Certificate): void {
  const algorithm = Object.hasOwn(ALGORITHMS, authorization.algorithm)
    ? ALGORITHMS[authorization.algorithm]
    : undefined
  if (algorithm === undefined) {
    const reason = `"${authorization.algorithm}" is not an algorithm known here`
    throw new Refusal('authorization-malformed', reason)
  }
  const { publicKey } = leaf
  if (publicKey === undefined) {
    const reason = `the public key of the certificate ${nameOf(leaf)} cannot be read`
    throw new Refusal('certificate-malformed', reason)
  }
  const keyType = publicKey.asymmetricKeyType ?? 'unknown'
  if (!algorithm.keyTypes.includes(keyType)) {
    const reason = `${authorization.algorithm} was used with a certificate for a key of type ${keyType}`
    throw new Refusal('algorithm-mismatch', reason)
  }
  if (!fits(algorithm, message, publicKey, authorization.signature)) {
    const reason =
      'the signature does not fit the request: something was changed after signing, ' +
      `or another key than that of the certificate ${nameOf(leaf)} signed`
    throw new Refusal('invalid-signature', reason)
  }
}

/** OpenSSL throws where a key cannot verify anything, such as a point that is not on its curve. */
function fits(algorithm: Algorithm, message: string, key: KeyObject, signature: Buffer): boolean {
  try {
    return algorithm.verify(Buffer.from(message, 'latin1'), key, signature)
  } catch {
    return false
  }
}

function stringToSign(authorization: Authorization, date: string, canonical: string): string {
  const hash = sha256Hex(Buffer.from(canonical, 'latin1'))
  return [authorization.algorithm, date, authorization.scope, hash].join('\n')
}

function checkDate(date: string, now: number): void {
  const at = parseDate(date)
  if (at === undefined) {
    throw new Refusal('date-malformed', `X-Amz-Date has to be YYYYMMDDTHHMMSSZ, and is "${date}"`)
  }
  const server = `server time ${new Date(now).toISOString()}`
  if (at < now - CLOCK_TOLERANCE_MS) {
    const reason = `Signature expired: ${date} is more than 15 minutes before ${server}`
    throw new Refusal('clock-skew', reason)
  }
  if (at > now + CLOCK_TOLERANCE_MS) {
    const reason = `Signature not yet current: ${date} is more than 15 minutes after ${server}`
    throw new Refusal('clock-skew', reason)
  }
}

function parseDate(text: string): number | undefined {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text)
  if (match === null) return undefined
  const [, year, month, day, hour, minute, second] = match
  const iso = `${year ?? ''}-${month ?? ''}-${day ?? ''}T${hour ?? ''}:${minute ?? ''}:${second ?? ''}Z`
  const at = Date.parse(iso)
  // Date.parse moves 30 February into March; such a date is not one.
  return Number.isNaN(at) || !new Date(at).toISOString().startsWith(iso.slice(0, 19))
    ? undefined
    : at
}

function checkScope(
  authorization: Authorization,
  date: string,
  { region, service = 'rolesanywhere' }: VerifyRequestOptions,
): void {
  if (authorization.scopeDate !== date.slice(0, 8)) {
    throw new Refusal('scope-mismatch', 'Date in Credential scope does not match X-Amz-Date')
  }
  if (authorization.service !== service) {
    const reason = `Credential should be scoped to correct service: '${service}'`
    throw new Refusal('scope-mismatch', reason)
  }
  if (region !== undefined && authorization.region !== region) {
    const reason = `Credential should be scoped to a valid region, not '${authorization.region}'`
    throw new Refusal('scope-mismatch', reason)
  }
}

function checkSignedHeaders(request: RawRequest, signedHeaders: readonly string[]): void {
  const sent = new Set(request.headers.map(({ name }) => name.toLowerCase()))
  const unsigned = [...sent].find((name) => mustBeSigned(name) && !signedHeaders.includes(name))
  if (unsigned !== undefined) {
    const reason = `'${unsigned}' must be a 'SignedHeader' in the AWS Authorization`
    throw new Refusal('header-not-signed', reason)
  }
  const absent = signedHeaders.find((name) => !sent.has(name))
  if (absent !== undefined) {
    throw new Refusal('invalid-signature', `SignedHeaders names '${absent}', which was not sent`)
  }
}

function mustBeSigned(name: string): boolean {
  return name === 'host' || name === 'content-type' || name.startsWith('x-amz-')
}

function leafCertificate(request: RawRequest): Certificate {
  const value = singleValue(request, 'x-amz-x509')
  return decodedCertificate(value, 'certificate-malformed', 'X-Amz-X509')
}

function chainCertificates(request: RawRequest): readonly Certificate[] {
  const values = valuesOf(request.headers, 'x-amz-x509-chain')
  const [value] = values
  if (value === undefined) return []
  if (values.length > 1) {
    throw new Refusal('chain-malformed', 'X-Amz-X509-Chain was sent more than once')
  }
  const encoded = value.split(',')
  if (encoded.length > MAX_CHAIN_LENGTH) {
    const reason = `X-Amz-X509-Chain holds ${encoded.length} certificates, at most ${MAX_CHAIN_LENGTH} are allowed`
    throw new Refusal('chain-too-long', reason)
  }
  return encoded.map((text) => decodedCertificate(text, 'chain-malformed', 'X-Amz-X509-Chain'))
}

function decodedCertificate(
  text: string,
  kind: 'certificate-malformed' | 'chain-malformed',
  header: string,
): Certificate {
  const der = Buffer.from(text, 'base64')
  // Node's decoder skips what is not Base64; a client that sends such a thing has to hear of it.
  if (text === '' || der.toString('base64') !== text) {
    throw new Refusal(kind, `${header} is not standard Base64 on one line`)
  }
  try {
    return parseCertificate(der)
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error)
    throw new Refusal(kind, `${header} does not hold an X.509 certificate in DER: ${detail}`)
  }
}

function singleValue(request: RawRequest, name: string): string {
  const [value, ...more] = valuesOf(request.headers, name)
  if (value === undefined || more.length > 0) {
    throw new Refusal('authorization-malformed', `exactly one ${name} header is required`)
  }
  return value
}
