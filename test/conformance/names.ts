/**
 * Distinguished names, with the kind of string as a choice.
 *
 * @module
 */

import { ia5String, objectIdentifier, printableString, sequence, set, utf8String } from './der.ts'

const ATTRIBUTES: Readonly<Record<string, string>> = {
  CN: '2.5.4.3',
  C: '2.5.4.6',
  O: '2.5.4.10',
  OU: '2.5.4.11',
  emailAddress: '1.2.840.113549.1.9.1',
}

/** `O=Example,CN=web`, from the root of the name downwards; `''` is the empty name. */
export function name(text: string, string: (text: string) => Buffer = utf8String): Buffer {
  const parts = text === '' ? [] : text.split(',')
  return sequence(
    ...parts.map((part) => {
      const [type = '', value = ''] = part.split('=')
      const encode = type === 'C' ? printableString : type === 'emailAddress' ? ia5String : string
      return set(sequence(objectIdentifier(ATTRIBUTES[type] ?? ''), encode(value)))
    }),
  )
}
