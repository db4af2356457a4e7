/**
 * The Authorization header of SigV4-X509, taken apart.
 *
 * @see IAM Roles Anywhere User Guide, "Signing process for CreateSession", task 4
 * @module
 */

import { Refusal } from './refusal.ts'

export interface Authorization {
  /** First word, such as `AWS4-X509-RSA-SHA256`. */
  readonly algorithm: string
  /** Serial number of the signing certificate, in decimal as sent. */
  readonly serialNumber: string
  /** `YYYYMMDD` */
  readonly scopeDate: string
  readonly region: string
  readonly service: string
  /** The four parts after the serial number, joined by slashes. */
  readonly scope: string
  readonly signedHeaders: readonly string[]
  readonly signature: Buffer
}

/** @throws {Refusal} authorization-missing, authorization-malformed */
export function parseAuthorization(values: readonly string[]): Authorization {
  const [value] = values
  if (value === undefined) {
    throw new Refusal('authorization-missing', 'there is no Authorization header')
  }
  if (values.length > 1) throw malformed('there is more than one Authorization header')
  const space = value.indexOf(' ')
  if (space === -1) throw malformed('Authorization has no parameters')
  const parameters = parseParameters(value.slice(space + 1))
  const credential = parameter(parameters, 'Credential')
  const signature = parameter(parameters, 'Signature')
  const signedHeaders = parameter(parameters, 'SignedHeaders').split(';')
  const [serialNumber = '', scopeDate = '', region = '', service = '', end, ...more] =
    credential.split('/')
  if (end !== 'aws4_request' || more.length > 0) {
    throw malformed(
      `Credential has to be SERIAL/DATE/REGION/SERVICE/aws4_request, and is "${credential}"`,
    )
  }
  if (!/^(?:[0-9a-f]{2})+$/.test(signature)) {
    throw malformed('Signature has to be bytes in lower-case hexadecimal')
  }
  if (!isSortedSet(signedHeaders)) {
    throw malformed('SignedHeaders has to be a sorted list of lower-case names without repetition')
  }
  return {
    algorithm: value.slice(0, space),
    serialNumber,
    scopeDate,
    region,
    service,
    scope: [scopeDate, region, service, end].join('/'),
    signedHeaders,
    signature: Buffer.from(signature, 'hex'),
  }
}

function parseParameters(text: string): ReadonlyMap<string, string> {
  const parameters = new Map<string, string>()
  for (const part of text.split(',')) {
    const [, name, value] = /^ *([A-Za-z]+)=([^ ]+) *$/.exec(part) ?? []
    if (name === undefined || value === undefined || parameters.has(name)) {
      throw malformed(
        'Authorization has to hold Credential, SignedHeaders and Signature, once each',
      )
    }
    parameters.set(name, value)
  }
  return parameters
}

function parameter(parameters: ReadonlyMap<string, string>, name: string): string {
  const value = parameters.get(name)
  if (value === undefined) throw malformed(`Authorization has no ${name}`)
  return value
}

function isSortedSet(names: readonly string[]): boolean {
  return names.every((name, index) => {
    const previous = names[index - 1]
    return /^[a-z0-9-]+$/.test(name) && (previous === undefined || previous < name)
  })
}

function malformed(reason: string): Refusal {
  return new Refusal('authorization-malformed', reason)
}
