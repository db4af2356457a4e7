/**
 * Certificates that OpenSSL takes and cannot read in full: each is a good one with some of its bytes
 * changed in place, so what is around stays whole. Their signatures are wrong; what they have issued
 * before is not.
 *
 * @module
 */

import { X509Certificate } from 'node:crypto'
import type { Authority, IssuedCertificate } from '../../src/emulator/throwaway-pki.ts'

export type Oddity = (typeof ODDITIES)[number][0]

/** Hexadecimal, `from` and `to` of one length. */
interface Patch {
  readonly from: string
  readonly to: string
  readonly keyType: 'ec' | 'rsa'
}

const EC = '06072a8648ce3d0201'
const P256 = '06082a8648ce3d030107'
const RSA = '06092a864886f70d010101'
const ascii = (text: string): string => Buffer.from(text, 'latin1').toString('hex')

/** @see RFC 9215 (GOST), RFC 4055 section 3.1 (PSS), RFC 3279 section 2.3.2 (DSA) */
const UNREADABLE_KEYS = [
  ['an algorithm that nobody knows', { keyType: 'ec', from: EC, to: '06072a8648ce3d027f' }],
  ['a curve that nobody knows', { keyType: 'ec', from: P256, to: '06082a8648ce3d03017f' }],
  ['a point off the curve', { keyType: 'ec', from: '03420004', to: '034200ff' }],
  [
    'GOST R 34.10-2012',
    { keyType: 'ec', from: EC + P256, to: '06082a8503070101010106072a850302022301' },
  ],
  [
    'PSS parameters that are none',
    { keyType: 'rsa', from: `${RSA}0500`, to: '06092a864886f70d01010a0500' },
  ],
  [
    'DSA parameters that are inherited',
    {
      keyType: 'ec',
      from: `3013${EC}${P256}03420004`,
      // No parameters; the key is what was left over, as one INTEGER of 73 bytes.
      to: `300906072a8648ce380401034c000249${'01'.repeat(9)}`,
    },
  ],
  [
    'a modulus that is cut off',
    { keyType: 'rsa', from: '3082010a0282010100', to: '3082010a0282ff0100' },
  ],
] as const satisfies readonly (readonly [string, Patch])[]

const DATES_THAT_ARE_NONE = [
  [
    'a first day that is none',
    { keyType: 'ec', from: ascii('200101000000Z'), to: ascii('209901000000Z') },
  ],
  [
    'a last day that is none',
    { keyType: 'ec', from: ascii('491231235959Z'), to: ascii('next summer Z') },
  ],
] as const satisfies readonly (readonly [string, Patch])[]

const ODDITIES = [...UNREADABLE_KEYS, ...DATES_THAT_ARE_NONE] as const

export const KEYS_THAT_CANNOT_BE_READ = UNREADABLE_KEYS.map(([what]) => what)
export const ALL_ODDITIES: readonly Oddity[] = ODDITIES.map(([what]) => what)

/** PEM of a leaf `CN=odd` that was good when it was issued. */
export async function oddCertificate(authority: Authority, what: Oddity): Promise<string> {
  return (await oddPair(authority, what)).certificatePem
}

/** The same with the key it was issued for. */
export async function oddPair(authority: Authority, what: Oddity): Promise<IssuedCertificate> {
  const good = await authority.issue({ subject: 'CN=odd', keyType: patchOf(what).keyType })
  return { ...good, certificatePem: patched(good.certificatePem, patchOf(what)) }
}

/** A leaf, and the certificate of the intermediate that issued it, which is odd. */
export async function leafBelowOddAuthority(
  authority: Authority,
  what: Oddity,
): Promise<{ readonly leaf: IssuedCertificate; readonly intermediatePem: string }> {
  const patch = patchOf(what)
  const good = await authority.issueAuthority({ subject: 'CN=odd', keyType: patch.keyType })
  return { leaf: await good.issue(), intermediatePem: patched(good.certificatePem, patch) }
}

function patchOf(what: Oddity): Patch {
  const found = ODDITIES.find(([name]) => name === what)
  if (found === undefined) throw new Error(`no such oddity: ${what}`)
  return found[1]
}

function patched(pem: string, { from, to }: Patch): string {
  const der = Buffer.from(new X509Certificate(pem).raw)
  const at = der.indexOf(Buffer.from(from, 'hex'))
  if (at === -1 || from.length !== to.length) throw new Error(`nothing to change: ${from}`)
  der.write(to, at, 'hex')
  return `-----BEGIN CERTIFICATE-----\n${der.toString('base64')}\n-----END CERTIFICATE-----\n`
}
