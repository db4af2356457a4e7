/**
 * Where a certificate or a private key is: what `certificate`, `privateKey` and `intermediates` name,
 * parsed once. Nobody below looks at a prefix again.
 *
 * A file that is really called `stdin`, or that starts with `env:`, is given as `./stdin`.
 *
 * @module
 */

import { RolesAnywhereError } from './errors.ts'
import {
  isMisplacedContent,
  MISPLACED_CONTENT,
  MISPLACED_CONTENT_HINT,
} from './misplaced-content.ts'
import { describePkcs11Uri, isPkcs11Uri, parsePkcs11Uri, type Pkcs11Uri } from './pkcs11-uri.ts'
import { findSecretSource, type SecretSource } from './secret-source.ts'
import { says, setting, type SettingName } from './wording.ts'

/** A file or a folder. */
export interface PathLocation {
  readonly kind: 'path'
  readonly path: string
}

/** Content that is no file: a variable, a descriptor, the output of a command … */
export interface SecretLocation {
  readonly kind: 'secret'
  readonly source: SecretSource
}

/** An object on a PKCS#11 token. */
export interface TokenLocation {
  readonly kind: 'pkcs11'
  readonly uri: Pkcs11Uri
}

/** A key that lives in a TPM: `handle:0x81000001`. */
export interface TpmLocation {
  readonly kind: 'tpm-handle'
  readonly handle: number
}

export type KeyLocation = PathLocation | SecretLocation | TokenLocation | TpmLocation

/** What holds certificates: everything but a TPM. */
export type CertificateLocation = Exclude<KeyLocation, TpmLocation>

/** What is read as bytes. */
export type ContentLocation = PathLocation | SecretLocation

/** What is done to every path, such as to put the home folder for `~`. */
export type ToPath = (path: string) => string

/**
 * Reads the text of a setting that names a private key.
 *
 * @param toPath default: paths stay as they are.
 * @throws {RolesAnywhereError} ERR_USAGE_INVALID_VALUE, ERR_CONFIG_PKCS11_URI_INVALID. No message
 *   quotes a text that may be a key or a PIN.
 */
export function parseKeyLocation(text: string, name: SettingName, toPath?: ToPath): KeyLocation {
  if (/^handle:/iu.test(text)) return { kind: 'tpm-handle', handle: parseTpmHandle(text) }
  return parseCertificateLocation(text, name, toPath)
}

/** The same for a setting that holds certificates. Throws as `parseKeyLocation` does. */
export function parseCertificateLocation(
  text: string,
  name: SettingName,
  toPath?: ToPath,
): CertificateLocation {
  if (isPkcs11Uri(text)) return { kind: 'pkcs11', uri: parsePkcs11Uri(text) }
  return parseContentLocation(text, name, toPath)
}

/** The same for a setting that only a file or a secret source can serve. Throws as `parseKeyLocation` does. */
export function parseContentLocation(
  text: string,
  name: SettingName,
  toPath: ToPath = (path) => path,
): ContentLocation {
  if (isMisplacedContent(text)) {
    throw new RolesAnywhereError(
      'ERR_USAGE_INVALID_VALUE',
      says`${setting(name)} ${MISPLACED_CONTENT}`,
      { hint: MISPLACED_CONTENT_HINT, detail: { setting: name } },
    )
  }
  const source = findSecretSource(text, says`${setting(name)}`)
  if (isPkcs11Uri(source?.kind === 'file' ? source.argument : text)) throw notOnToken(name)
  // Nobody types a key at a prompt, so that is a file of this name; `file:` is a path like any other.
  if (source === undefined || source.kind === 'prompt') return { kind: 'path', path: toPath(text) }
  if (source.kind === 'file') return { kind: 'path', path: toPath(source.argument) }
  return { kind: 'secret', source }
}

/** A file whose name begins so is given as `./pkcs11:…`. */
function notOnToken(name: SettingName): RolesAnywhereError {
  return new RolesAnywhereError(
    'ERR_USAGE_INVALID_VALUE',
    says`${setting(name)} names a file, and what follows is a pkcs11 URI`,
    {
      hint: 'a pkcs11 URI stands alone, without "file:", and only where an object on a token can serve',
    },
  )
}

/**
 * A location as one would write it, fit to be shown and compared: without a PIN, and without the command
 * of `cmd:`, which may hold a secret.
 */
export function describeLocation(location: KeyLocation): string {
  switch (location.kind) {
    case 'path':
      return location.path
    case 'secret': {
      const { kind, argument } = location.source
      if (kind === 'cmd') return 'cmd:***'
      return argument === '' ? kind : `${kind}:${argument}`
    }
    case 'pkcs11':
      return [describePkcs11Uri(location.uri), ...modulesOf(location.uri)].join('?')
    case 'tpm-handle':
      return `handle:0x${location.handle.toString(16)}`
  }
}

/** Two modules may show tokens of one name. */
function modulesOf({ query }: Pkcs11Uri): readonly string[] {
  return ['module-name', 'module-path'].flatMap((name) => {
    const value = query.get(name)
    return value === undefined ? [] : [`${name}=${value}`]
  })
}

/** @see TPM 2.0 Library Part 2, 7.2: the first byte of a handle is its type; 0x81 is persistent. */
function parseTpmHandle(text: string): number {
  const digits = /^handle:(?:0x)?([0-9a-f]{1,8})$/iu.exec(text)?.[1]
  const handle = digits === undefined ? 0 : Number.parseInt(digits, 16)
  if (handle >>> 24 === PERSISTENT) return handle
  throw new RolesAnywhereError(
    'ERR_USAGE_INVALID_VALUE',
    `"${text}" does not name a persistent TPM handle`,
    { hint: 'persistent handles are hexadecimal, from handle:0x81000000 to handle:0x81ffffff' },
  )
}

const PERSISTENT = 0x81
