/**
 * PEM as RFC 7468 section 3 has it.
 *
 * @module
 */

/** One block, with lines of 64 characters and a line end behind it. */
export function pemBlock(label: string, der: Uint8Array): string {
  const body = Buffer.from(der)
    .toString('base64')
    .replaceAll(/.{64}(?=.)/gu, '$&\n')
  return `-----BEGIN ${label}-----\n${body}\n-----END ${label}-----\n`
}
