/**
 * Subject alternative names of a certificate request: `dns:NAME`, `ip:ADDRESS`, `uri:URI`, `email:ADDRESS`.
 *
 * @see RFC 5280 section 4.2.1.6
 * @module
 */

import { GeneralName, SubjectAlternativeName } from '@peculiar/asn1-x509'
import { RolesAnywhereError } from '../core/errors.ts'
import { quoted } from '../core/printable.ts'
import { says, setting } from '../core/wording.ts'

/** @throws {RolesAnywhereError} ERR_USAGE_INVALID_VALUE. */
export function requestedNames(texts: readonly string[]): SubjectAlternativeName {
  return new SubjectAlternativeName(texts.map(nameOf))
}

function nameOf(text: string): GeneralName {
  const colon = text.indexOf(':')
  const kind = KINDS[text.slice(0, Math.max(colon, 0)).toLowerCase()]
  const value = text.slice(colon + 1)
  if (kind === undefined) {
    throw invalid(text, 'does not say what kind of name it is', 'dns:web.example.com')
  }
  if (!kind.isValid(value)) throw invalid(text, `is not ${kind.noun}`, kind.example)
  return kind.make(value)
}

interface NameKind {
  readonly noun: string
  readonly example: string
  isValid(value: string): boolean
  make(value: string): GeneralName
}

const KINDS: Readonly<Record<string, NameKind | undefined>> = {
  dns: {
    noun: 'a host name of ASCII letters, digits, dashes and dots',
    example: 'dns:web.example.com',
    isValid: (value) =>
      value.length <= 253 && /^(?:\*\.)?(?:[a-z0-9_](?:[a-z0-9_-]{0,62})\.?)+$/iu.test(value),
    make: (value) => new GeneralName({ dNSName: value }),
  },
  ip: {
    noun: 'an IPv4 or IPv6 address',
    example: 'ip:192.0.2.7',
    isValid: isAddress,
    make: (value) => new GeneralName({ iPAddress: value }),
  },
  uri: {
    noun: 'a URI with its scheme',
    example: 'uri:spiffe://example.com/web',
    isValid: (value) => /^[\x21-\x7e]+$/u.test(value) && URL.canParse(value),
    make: (value) => new GeneralName({ uniformResourceIdentifier: value }),
  },
  email: {
    noun: 'a mail address',
    example: 'email:ops@example.com',
    isValid: (value) => /^[\x21-\x3f\x41-\x7e]+@[a-z0-9.-]+$/iu.test(value),
    make: (value) => new GeneralName({ rfc822Name: value }),
  },
}

function isAddress(text: string): boolean {
  const parts = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/u.exec(text)
  if (parts !== null) return parts.slice(1).every((part) => Number(part) <= 255)
  return text.includes(':') && URL.canParse(`http://[${text}]/`)
}

function invalid(text: string, problem: string, example: string): RolesAnywhereError {
  return new RolesAnywhereError(
    'ERR_USAGE_INVALID_VALUE',
    says`${setting('san')} ${quoted(text)} ${problem}`,
    {
      hint: says`dns:, ip:, uri: or email: and the name, as in ${setting('san', example)}`,
    },
  )
}
