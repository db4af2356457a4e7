/**
 * What has to be there in AWS before a certificate is worth anything: trust anchor, role and profile, as one
 * value that each way of making them writes down in its own language.
 *
 * The role may be used by one certificate subject, through this trust anchor, and has no rights but those of
 * the policy that its owner adds.
 *
 * @see IAM Roles Anywhere User Guide, "Getting started" and "Trust policy"
 * @module
 */

import type { X509Certificate } from 'node:crypto'
import { RolesAnywhereError } from '../../core/errors.ts'
import { quoted } from '../../core/printable.ts'
import { says, setting } from '../../core/wording.ts'
import { readNameText } from '../../identity/certificate/distinguished-name.ts'
import { parseCertificates } from '../../identity/certificate/parse-certificates.ts'
import { decodeBlocks, type NamedBytes } from '../../identity/encoding/decode-blocks.ts'
import { pemBlock } from '../../identity/encoding/write-pem.ts'

export interface AwsSide {
  /** Of all that is made: letters, digits, `-` and `_`. */
  readonly name: string
  readonly authority: AuthoritySource
  /** Common name of the certificate that may use the role; undefined is asked for by the template. */
  readonly commonName: string | undefined
}

/** Who vouches for certificates. */
export type AuthoritySource =
  /** Certificates of the authority, in PEM. */
  | { readonly kind: 'bundle'; readonly pem: string }
  | { readonly kind: 'private-ca'; readonly arn: string }

/** Seconds; the shortest that a role can be told to allow at most, so that nothing else need be set. */
export const SESSION_SECONDS = 3600

/** What Roles Anywhere does in the name of a certificate. */
export const ROLE_ACTIONS = ['sts:AssumeRole', 'sts:TagSession', 'sts:SetSourceIdentity'] as const

export const SERVICE_PRINCIPAL = 'rolesanywhere.amazonaws.com'

/** The session tag that holds the common name of the certificate. */
export const COMMON_NAME_KEY = 'aws:PrincipalTag/x509Subject/CN'

/** For the names of resources, from that of a profile. */
export function resourceName(profile: string): string {
  return profile.replaceAll(/[^A-Za-z0-9_-]/gu, '-').slice(0, 64)
}

/**
 * The certificates of an authority out of a file.
 *
 * @throws {RolesAnywhereError} ERR_CONFIG_PEM_INVALID, ERR_CONFIG_CERTIFICATE_*.
 */
export function authorityBundle(file: NamedBytes): AuthoritySource {
  const certificates = parseCertificates(decodeBlocks(file), file.name)
  const stray = certificates.find(({ ca }) => !ca)
  if (stray !== undefined) {
    throw new RolesAnywhereError(
      'ERR_CONFIG_CERTIFICATE_INVALID',
      `a certificate in "${file.name}" is not of an authority: ${quoted(stray.subject)}`,
      {
        hint: says`give ${setting('trustAnchor')} the certificates of the authority alone, the root or the intermediate that is to be trusted`,
      },
    )
  }
  return {
    kind: 'bundle',
    pem: certificates.map(({ raw }) => pemBlock('CERTIFICATE', raw)).join(''),
  }
}

/** @throws {RolesAnywhereError} ERR_CONFIG_ARN_INVALID. */
export function privateCa(arn: string): AuthoritySource {
  if (/^arn:aws[a-z-]*:acm-pca:[a-z0-9-]+:\d{12}:certificate-authority\/[\w-]+$/u.test(arn)) {
    return { kind: 'private-ca', arn }
  }
  throw new RolesAnywhereError(
    'ERR_CONFIG_ARN_INVALID',
    `${quoted(arn)} is not the ARN of an AWS Private CA`,
    {
      hint: says`${setting('pcaArn')} takes arn:aws:acm-pca:REGION:ACCOUNT:certificate-authority/ID`,
    },
  )
}

/**
 * The common name for the condition on the role.
 *
 * @throws {RolesAnywhereError} ERR_CONFIG_CERTIFICATE_INVALID for a certificate without one, or with one that
 *   no session tag can hold.
 * @see IAM User Guide, "Rules for tagging in IAM and AWS STS"
 */
export function commonNameOf(certificate: X509Certificate): string {
  // Node gives one part a line, with the escapes of RFC 4514; the part nearest to the leaf counts.
  const parts = (certificate.subject as string | undefined)?.split('\n') ?? []
  const attributes = parts
    .filter((part) => part !== '')
    .flatMap((part) => readNameText(part).flat())
  const name = attributes.findLast(({ oid }) => oid === COMMON_NAME)?.value
  if (typeof name === 'string' && /^[\p{L}\p{Zs}\p{N}_.:/=+\-@]{1,256}$/u.test(name)) return name
  throw new RolesAnywhereError(
    'ERR_CONFIG_CERTIFICATE_INVALID',
    typeof name !== 'string'
      ? 'the certificate has no common name that a role could ask for'
      : `the common name ${quoted(name)} has characters that no session tag can hold`,
    { hint: 'ask for a certificate with a CN of letters, digits, blanks and _ . : / = + - @' },
  )
}

const COMMON_NAME = '2.5.4.3'
