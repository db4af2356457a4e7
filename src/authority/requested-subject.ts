/**
 * The subject of a certificate request, from the text form of RFC 4514 to ASN.1.
 *
 * @see RFC 4514 sections 2 and 3; RFC 5280 section 4.1.2.4 and appendix A (which string type an attribute has)
 * @module
 */

import { AsnConvert } from '@peculiar/asn1-schema'
import {
  AttributeTypeAndValue,
  AttributeValue,
  Name,
  RelativeDistinguishedName,
} from '@peculiar/asn1-x509'
import { RolesAnywhereError } from '../core/errors.ts'
import { quoted } from '../core/printable.ts'
import { says, setting } from '../core/wording.ts'
import {
  NameSyntaxError,
  readNameText,
  type WrittenAttribute,
} from '../identity/certificate/distinguished-name.ts'

/**
 * @param text from the leaf up: `CN=web,O=Acme,C=DE`.
 * @throws {RolesAnywhereError} ERR_USAGE_INVALID_VALUE.
 */
export function requestedSubject(text: string): Name {
  try {
    return new Name(
      readNameText(text).map(
        (part) => new RelativeDistinguishedName(part.map(attributeOf).sort(byEncoding)),
      ),
    )
  } catch (error) {
    if (!(error instanceof NameSyntaxError)) throw error
    throw new RolesAnywhereError(
      'ERR_USAGE_INVALID_VALUE',
      says`${setting('subject')} ${quoted(text)} is no name: ${error.message}`,
      {
        hint: says`write it from the name of the machine up, as in ${setting('subject', 'CN=web.example.com,O=Example,C=DE')}; a comma in a value is \\,`,
      },
    )
  }
}

function attributeOf({ oid, value }: WrittenAttribute): AttributeTypeAndValue {
  return new AttributeTypeAndValue({
    type: oid,
    value:
      typeof value === 'string' ? textValue(oid, value) : AsnConvert.parse(value, AttributeValue),
  })
}

/** A SET OF stands in the order of its encodings: X.690 section 11.6. */
function byEncoding(one: AttributeTypeAndValue, other: AttributeTypeAndValue): number {
  const [first, second] = [one, other].map((value) => Buffer.from(AsnConvert.serialize(value)))
  return first === undefined || second === undefined ? 0 : Buffer.compare(first, second)
}

function textValue(oid: string, text: string): AttributeValue {
  if (text === '') throw new NameSyntaxError('a value is empty')
  if (oid === COUNTRY && !/^[A-Za-z]{2}$/u.test(text)) {
    throw new NameSyntaxError('"C" is a country of two letters, as in C=DE')
  }
  if (PRINTABLE_TYPES.includes(oid)) {
    if (/[^A-Za-z0-9 '()+,\-./:=?]/u.test(text)) {
      throw new NameSyntaxError(`${quoted(text)} has characters that this attribute may not have`)
    }
    return new AttributeValue({ printableString: text })
  }
  if (IA5_TYPES.includes(oid)) {
    if (/[^\x20-\x7e]/u.test(text)) {
      throw new NameSyntaxError(`${quoted(text)} has characters outside of ASCII`)
    }
    return new AttributeValue({ ia5String: text })
  }
  return new AttributeValue({ utf8String: text })
}

const COUNTRY = '2.5.4.6'
/** countryName, serialNumber, dnQualifier. */
const PRINTABLE_TYPES: readonly string[] = [COUNTRY, '2.5.4.5', '2.5.4.46']
/** domainComponent, emailAddress. */
const IA5_TYPES: readonly string[] = ['0.9.2342.19200300.100.1.25', '1.2.840.113549.1.9.1']
