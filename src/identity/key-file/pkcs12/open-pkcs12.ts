/**
 * Opens a PKCS#12 file: MAC first, then decryption, then private keys and certificates as objects.
 *
 * Which certificate belongs to which key is decided elsewhere, by comparing public keys: the local key
 * identifiers and friendly names in the file are labels, not facts.
 *
 * @see RFC 7292 section 4
 * @module
 */

import type { KeyObject } from 'node:crypto'
import { X509Certificate, createPrivateKey } from 'node:crypto'
import { RolesAnywhereError } from '../../../core/errors.ts'
import { says, setting } from '../../../core/wording.ts'
import type { Reporter } from '../../../core/ports.ts'
import { Asn1Element, Asn1Error, element } from '../../encoding/asn1-element.ts'
import { DecryptionFailed } from '../encryption/decrypt.ts'
import { KdfBudget } from '../encryption/kdf-budget.ts'
import type { PasswordForm } from '../encryption/password-forms.ts'
import { passwordForms } from '../encryption/password-forms.ts'
import type { BagContents } from './safe-contents.ts'
import { readAuthenticatedSafe } from './safe-contents.ts'
import type { MacData } from './verify-mac.ts'
import { readMacData, verifyMac } from './verify-mac.ts'

export interface Pkcs12Options {
  /** The file's name for messages. */
  readonly file: string
  /** Absent is not the same as empty: only then may the answer be "give a password". */
  readonly password?: string | undefined
  readonly reporter: Reporter
}

export interface Pkcs12Contents {
  readonly privateKeys: readonly KeyObject[]
  /** In the file's order; leaf, intermediates and roots mixed. */
  readonly certificates: readonly X509Certificate[]
}

/**
 * @throws {RolesAnywhereError} ERR_KEY_MALFORMED, ERR_KEY_PASSWORD_REQUIRED,
 *   ERR_KEY_PASSWORD_INCORRECT, ERR_KEY_CIPHER_UNSUPPORTED, ERR_KEY_KDF_TOO_COSTLY,
 *   ERR_CONFIG_CERTIFICATE_INVALID.
 */
export async function openPkcs12(
  bytes: Uint8Array,
  options: Pkcs12Options,
): Promise<Pkcs12Contents> {
  const { file, password, reporter } = options
  const pfx = malformedUnless(file, () => readPfx(bytes))
  if (pfx.mac === undefined) {
    reporter.warn(`"${file}" carries no MAC: nothing shows whether it was changed`, {
      hint: 'export it again with a password',
    })
  }
  const budget = new KdfBudget(file)
  for (const form of passwordForms(password ?? '')) {
    const contents = await openWith(pfx, form, budget, file)
    if (contents !== undefined) return importContents(contents, file)
  }
  throw password === undefined
    ? new RolesAnywhereError('ERR_KEY_PASSWORD_REQUIRED', `"${file}" needs a password`, {
        hint: says`say where it is, such as ${setting('keyPassword', 'file:/etc/rolesanywhere/password')}`,
      })
    : new RolesAnywhereError(
        'ERR_KEY_PASSWORD_INCORRECT',
        `the password does not open "${file}", or the file was changed`,
        { hint: 'check the password and where it is read from' },
      )
}

interface Pfx {
  /** The encoded AuthenticatedSafe, which is what the MAC covers. */
  readonly authenticatedSafe: Uint8Array
  readonly mac: MacData | undefined
}

/** PFX: version 3, authSafe ContentInfo { data }, macData OPTIONAL. */
function readPfx(bytes: Uint8Array): Pfx {
  const parts = Asn1Element.parse(bytes).sequence()
  if (element(parts, 0).integer() !== 3) throw new Asn1Error('the version is not 3')
  const authSafe = element(parts, 1).sequence()
  const contentType = element(authSafe, 0).oid()
  if (contentType === '1.2.840.113549.1.7.2') {
    throw new Asn1Error('it is signed with a public key, not protected with a password')
  }
  return {
    authenticatedSafe: element(authSafe, 1).explicit(0).octets(),
    mac: parts[2] === undefined ? undefined : readMacData(parts[2]),
  }
}

/** The contents, or undefined when this form of the password does not open the file. */
async function openWith(
  pfx: Pfx,
  form: PasswordForm,
  budget: KdfBudget,
  file: string,
): Promise<BagContents | undefined> {
  try {
    if (pfx.mac !== undefined && !(await verifyMac(pfx.mac, pfx.authenticatedSafe, form, budget))) {
      return undefined
    }
  } catch (error) {
    throw error instanceof Asn1Error ? malformed(file, error) : error
  }
  try {
    return await readAuthenticatedSafe(pfx.authenticatedSafe, form, budget)
  } catch (error) {
    // Without a MAC only the contents can tell a wrong password, by being garbage.
    if (error instanceof DecryptionFailed) return undefined
    if (!(error instanceof Asn1Error)) throw error
    if (pfx.mac === undefined) return undefined
    throw malformed(file, error)
  }
}

function importContents(contents: BagContents, file: string): Pkcs12Contents {
  return {
    privateKeys: contents.privateKeys.map((pkcs8) => {
      try {
        return createPrivateKey({ key: Buffer.from(pkcs8), format: 'der', type: 'pkcs8' })
      } catch (cause) {
        throw new RolesAnywhereError(
          'ERR_KEY_MALFORMED',
          `a private key in "${file}" cannot be used`,
          { cause },
        )
      }
    }),
    certificates: contents.certificates.map((der) => {
      try {
        return new X509Certificate(der)
      } catch (cause) {
        throw new RolesAnywhereError(
          'ERR_CONFIG_CERTIFICATE_INVALID',
          `a certificate in "${file}" does not parse`,
          { cause },
        )
      }
    }),
  }
}

function malformedUnless<T>(file: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw error instanceof Asn1Error ? malformed(file, error) : error
  }
}

function malformed(file: string, error: Asn1Error): RolesAnywhereError {
  return new RolesAnywhereError(
    'ERR_KEY_MALFORMED',
    `"${file}" is not a usable PKCS#12 file: ${error.message}`,
    { hint: 'export it again: openssl pkcs12 -in FILE -info -noout says more', cause: error },
  )
}
