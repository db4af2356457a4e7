/**
 * Chooses certificates by subject, issuer and serial number, in the two syntaxes of
 * the reference helper: `Key=x509Subject,Value=CN=web Key=x509Serial,Value=15D1…` and
 * `file://selector.json` with `[{"Key": "x509Subject", "Value": "CN=web"}]`.
 *
 * @see aws/rolesanywhere-credential-helper, README, "cert-selector"
 * @module
 */

import type { X509Certificate } from 'node:crypto'
import { RolesAnywhereError } from '../../core/errors.ts'
import { says, setting } from '../../core/wording.ts'
import { Asn1Element, element } from '../encoding/asn1-element.ts'
import { readSmallFile } from '../../machine/read-file.ts'
import {
  NameSyntaxError,
  isSameName,
  parseDistinguishedName,
  readDistinguishedName,
  type DistinguishedName,
} from './distinguished-name.ts'

/** What must match; what is absent matches everything. */
export interface CertificateSelector {
  readonly subject?: DistinguishedName
  readonly issuer?: DistinguishedName
  readonly serialNumber?: bigint
}

const FILE_PREFIX = 'file://'
const MAX_SELECTOR_BYTES = 65_536
const KEYS = ['x509Subject', 'x509Issuer', 'x509Serial'] as const
type SelectorKey = (typeof KEYS)[number]

/**
 * Reads a selector; `file://` paths are opened.
 *
 * @throws {RolesAnywhereError} ERR_USAGE_INVALID_VALUE, ERR_CONFIG_FILE_*.
 */
export async function readCertificateSelector(text: string): Promise<CertificateSelector> {
  if (!text.startsWith(FILE_PREFIX)) return selectorOf(parseInline(text))
  const path = text.slice(FILE_PREFIX.length)
  const { bytes } = await readSmallFile(path, says`${setting('certSelector')}`, MAX_SELECTOR_BYTES)
  return selectorOf(parseJson(bytes.toString('utf8')))
}

/** Whether a certificate is meant. A certificate whose names do not parse is not. */
export function matchesSelector(
  certificate: X509Certificate,
  selector: CertificateSelector,
): boolean {
  const facts = readFacts(certificate)
  if (facts === undefined) return false
  const { subject, issuer, serialNumber } = selector
  return (
    (subject === undefined || isSameName(subject, facts.subject)) &&
    (issuer === undefined || isSameName(issuer, facts.issuer)) &&
    (serialNumber === undefined || serialNumber === facts.serialNumber)
  )
}

type Entry = readonly [key: string, value: string]

/** Entries are told apart by the next `Key=`, so that values may hold spaces. */
function parseInline(text: string): readonly Entry[] {
  return text
    .trim()
    .split(/\s+(?=Key=)/u)
    .map((entry) => {
      const match = /^Key=([^,]*),\s*Value=(.*)$/su.exec(entry)
      if (match === null) throw invalid('an entry is not of the form Key=…,Value=…')
      return [match[1]?.trim() ?? '', match[2] ?? ''] as const
    })
}

function parseJson(text: string): readonly Entry[] {
  let entries: unknown
  try {
    entries = JSON.parse(text)
  } catch {
    throw invalid('the file is not JSON')
  }
  if (!Array.isArray(entries)) throw invalid('the file is not an array of entries')
  return entries.map((entry: unknown) => {
    if (typeof entry !== 'object' || entry === null) throw invalid('an entry is not an object')
    const { Key, Value, ...others } = entry as Record<string, unknown>
    if (typeof Key !== 'string' || typeof Value !== 'string' || Object.keys(others).length > 0) {
      throw invalid('an entry is not of the form {"Key": "…", "Value": "…"}')
    }
    return [Key, Value] as const
  })
}

function selectorOf(entries: readonly Entry[]): CertificateSelector {
  const values = new Map<SelectorKey, string>()
  for (const [key, value] of entries) {
    const known = KEYS.find((candidate) => candidate === key)
    if (known === undefined) throw invalid(`"${key}" is not one of its keys`)
    if (values.has(known)) throw invalid(`${known} is given twice`)
    values.set(known, value.trim())
  }
  if (values.size === 0) throw invalid('it is empty')
  const subject = values.get('x509Subject')
  const issuer = values.get('x509Issuer')
  const serial = values.get('x509Serial')
  return {
    ...(subject === undefined ? {} : { subject: parseName(subject, 'x509Subject') }),
    ...(issuer === undefined ? {} : { issuer: parseName(issuer, 'x509Issuer') }),
    ...(serial === undefined ? {} : { serialNumber: parseSerial(serial) }),
  }
}

function parseName(text: string, key: SelectorKey): DistinguishedName {
  try {
    return parseDistinguishedName(text)
  } catch (error) {
    if (!(error instanceof NameSyntaxError)) throw error
    throw invalid(`the value of ${key} is not a distinguished name: ${error.message}`)
  }
}

function parseSerial(text: string): bigint {
  // Colons as OpenSSL prints them; a sign for certificates that should not exist.
  const digits = text.replaceAll(':', '')
  const match = /^(-?)(?:0x)?([0-9a-f]+)$/iu.exec(digits)
  if (match?.[2] === undefined) throw invalid('the value of x509Serial is not hexadecimal')
  const value = BigInt(`0x${match[2]}`)
  return match[1] === '-' ? -value : value
}

function readFacts(certificate: X509Certificate): Required<CertificateSelector> | undefined {
  try {
    const fields = element(Asn1Element.parse(certificate.raw).sequence(), 0).sequence()
    // version [0] DEFAULT v1, serialNumber, signature, issuer, validity, subject
    const [serialNumber, , issuer, , subject] = fields.slice(
      fields[0]?.isTagged(0) === true ? 1 : 0,
    )
    if (serialNumber === undefined || issuer === undefined || subject === undefined)
      return undefined
    return {
      serialNumber: serialNumber.bigInteger(),
      issuer: readDistinguishedName(issuer),
      subject: readDistinguishedName(subject),
    }
  } catch {
    return undefined
  }
}

function invalid(problem: string): RolesAnywhereError {
  return new RolesAnywhereError(
    'ERR_USAGE_INVALID_VALUE',
    says`${setting('certSelector')} cannot be read: ${problem}`,
    {
      hint: `keys are ${KEYS.join(', ')}; write Key=x509Subject,Value=CN=web or file://selector.json`,
    },
  )
}
