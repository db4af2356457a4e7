/**
 * Looks for the certificate of an issuer in the files beside the certificate: people are given the
 * intermediate in a file of its own, and forget it.
 *
 * @module
 */

import { X509Certificate } from 'node:crypto'
import { readdir, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { readSmallFile } from '../machine/read-file.ts'

export interface NearbyIssuer {
  readonly certificate: X509Certificate
  readonly path: string
}

/** More files than a folder of certificates has; further ones are not looked at. */
const MAX_FILES = 64
/** Bundles of whole systems are larger, and hold no intermediate of a private CA. */
const MAX_BYTES = 131_072
const CERTIFICATE_FILE = /\.(?:pem|crt|cer|der|ca|bundle|chain)$/iu
const BLOCK = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/gu

/**
 * The intermediates above `top` that lie in files beside `paths`, from its issuer upwards; none when its
 * issuer is among those `known`, or is a root.
 */
export async function issuersNearby(
  top: X509Certificate,
  known: readonly X509Certificate[],
  paths: readonly string[],
): Promise<readonly NearbyIssuer[]> {
  if (known.some((one) => hasIssued(one, top))) return []
  const found: NearbyIssuer[] = []
  const candidates = await certificatesBeside(paths)
  for (let current = top; ;) {
    const next = candidates.find(
      ({ certificate }) =>
        certificate.subject !== certificate.issuer &&
        hasIssued(certificate, current) &&
        !found.some((one) => one.certificate.fingerprint256 === certificate.fingerprint256),
    )
    if (next === undefined) return found
    found.push(next)
    current = next.certificate
  }
}

export function hasIssued(issuer: X509Certificate, subject: X509Certificate): boolean {
  try {
    return subject.checkIssued(issuer) && subject.verify(issuer.publicKey)
  } catch {
    // A public key of an algorithm that OpenSSL does not know.
    return false
  }
}

async function certificatesBeside(paths: readonly string[]): Promise<readonly NearbyIssuer[]> {
  const folders = new Set(await Promise.all(paths.map(folderOf)))
  const found = await Promise.all(
    [...folders].map(async (folder) => {
      const names = await namesIn(folder)
      return Promise.all(names.map(async (name) => certificatesIn(join(folder, name))))
    }),
  )
  return found.flat(2)
}

async function folderOf(path: string): Promise<string> {
  const stats = await orUndefined(stat(path))
  return stats?.isDirectory() === true ? path : dirname(path)
}

async function namesIn(folder: string): Promise<readonly string[]> {
  const names = (await orUndefined(readdir(folder))) ?? []
  return names.filter((name) => CERTIFICATE_FILE.test(name)).slice(0, MAX_FILES)
}

async function certificatesIn(path: string): Promise<readonly NearbyIssuer[]> {
  try {
    const { bytes } = await readSmallFile(path, path, MAX_BYTES)
    const blocks = bytes.toString('latin1').match(BLOCK) ?? [bytes]
    return blocks.map((block) => ({ certificate: new X509Certificate(block), path }))
  } catch {
    // What is no certificate is nobody's mistake here.
    return []
  }
}

async function orUndefined<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work
  } catch {
    return undefined
  }
}
