/**
 * Looks for certificates and the keys that belong to them: in a folder, in the TPM, and on tokens.
 *
 * Nobody is asked for anything: no password, no PIN. So an encrypted key is paired by its file's name, and on
 * a token the certificate alone is found; the key beside it is found when it is used.
 *
 * @module
 */

import { createPrivateKey, createPublicKey, X509Certificate, type KeyObject } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { basename, extname, join } from 'node:path'
import { RolesAnywhereError } from '../core/errors.ts'
import { describeLocation } from '../core/key-location.ts'
import { isForClients, leavesAmong } from '../identity/certificate/choose-certificate.ts'
import { nameOnOneLine, subjectOf } from '../identity/certificate/names.ts'
import { decodeBlocks, DER_LABEL } from '../identity/encoding/decode-blocks.ts'
import type { PemBlock } from '../identity/encoding/pem.ts'
import type { IdentityPorts, TokenOptions } from '../identity/identity-options.ts'
import { listPkcs11 } from '../identity/pkcs11/token/list-tokens.ts'
import { persistentKeys, type PersistentKey } from '../identity/tpm/list-keys.ts'
import { parseTss2Key } from '../identity/tpm/tss2-key-file.ts'
import { readSmallFile } from '../machine/read-file.ts'

export interface FoundIdentity {
  /** On one line. */
  readonly subject: string
  readonly notAfter: Date
  /** A path, or the URI of a certificate on a token. */
  readonly certificate: string
  /** Undefined where the key is found with the certificate. */
  readonly privateKey?: string
  /** What a person should know before choosing it. */
  readonly note?: string
}

interface FoundCertificate {
  readonly path: string
  readonly certificate: X509Certificate
}

interface FoundKey {
  /** Of its file, or its handle in the TPM. */
  readonly path: string
  /** Undefined for an encrypted one. */
  readonly publicKey: KeyObject | undefined
  readonly isOfTpm: boolean
}

/**
 * Certificates of clients in a folder that have their key there, or in the TPM.
 *
 * @param device the TPM, asked only when a certificate in the folder has no key there.
 * @throws {RolesAnywhereError} ERR_CONFIG_FILE_UNREADABLE for the folder; files that hold something else, or
 *   cannot be read, are passed over.
 */
export async function identitiesIn(
  folder: string,
  { device, signal }: { readonly device: string; readonly signal?: AbortSignal | undefined },
): Promise<readonly FoundIdentity[]> {
  const certificates: FoundCertificate[] = []
  const keys: FoundKey[] = []
  for (const path of await filesIn(folder)) {
    const blocks = await blocksOf(path)
    const found = blocks.flatMap(certificateOf)
    const [leaf] = leavesAmong(found).filter(isForClients)
    if (leaf !== undefined) certificates.push({ path, certificate: leaf })
    keys.push(...blocks.flatMap((block) => keyOf(block, path)))
  }
  if (certificates.some(({ path, certificate }) => keyFor(path, certificate, keys) === undefined)) {
    keys.push(...(await persistentKeys(device, signal)).map(keyAtHandle))
  }
  return certificates.flatMap(({ path, certificate }) => {
    const key = keyFor(path, certificate, keys)
    if (key === undefined) return []
    const note =
      key.publicKey === undefined
        ? 'the key is encrypted, and was paired by its name'
        : key.isOfTpm
          ? 'the key is in the TPM'
          : undefined
    return [
      {
        subject: subjectOf(certificate),
        notAfter: certificate.validToDate,
        certificate: path,
        ...(key.path !== path && { privateKey: key.path }),
        ...(note !== undefined && { note }),
      },
    ]
  })
}

/**
 * Certificates of clients on all tokens that can be seen without a login. Empty where PKCS#11 cannot be used
 * on this machine, unless a module was named.
 */
export async function identitiesOnTokens(
  options: TokenOptions,
  ports: IdentityPorts,
): Promise<readonly FoundIdentity[]> {
  const listing = await listPkcs11(options, ports).catch((error: unknown) => {
    if (options.pkcs11Lib !== undefined || !(error instanceof RolesAnywhereError)) throw error
    return { modules: [] }
  })
  return listing.modules
    .flatMap(({ tokens }) => tokens)
    .flatMap(({ certificates, label }) =>
      certificates.flatMap(({ uri, subject, notAfter, isCa }): readonly FoundIdentity[] =>
        notAfter === undefined || isCa !== false
          ? []
          : [
              {
                subject: nameOnOneLine(subject) || 'no subject',
                notAfter: new Date(notAfter),
                certificate: uri,
                note: `on the token "${label}"`,
              },
            ],
      ),
    )
}

function keyAtHandle({ handle, publicKey }: PersistentKey): FoundKey {
  return { path: describeLocation({ kind: 'tpm-handle', handle }), publicKey, isOfTpm: true }
}

const MOST_FILES = 500

async function filesIn(folder: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true })
    return entries
      .filter((entry) => entry.isFile() || entry.isSymbolicLink())
      .map(({ name }) => join(folder, name))
      .sort()
      .slice(0, MOST_FILES)
  } catch (cause) {
    throw new RolesAnywhereError('ERR_CONFIG_FILE_UNREADABLE', `cannot look into "${folder}"`, {
      hint: 'name a folder that can be read',
      cause,
    })
  }
}

async function blocksOf(path: string): Promise<readonly PemBlock[]> {
  try {
    const { bytes } = await readSmallFile(path, path, MAX_BYTES)
    return decodeBlocks({ name: path, bytes })
  } catch (error) {
    if (error instanceof RolesAnywhereError) return []
    throw error
  }
}

const MAX_BYTES = 262_144

function certificateOf({ label, bytes }: PemBlock): readonly X509Certificate[] {
  if (!label.endsWith('CERTIFICATE') && label !== DER_LABEL) return []
  try {
    return [new X509Certificate(bytes)]
  } catch {
    return []
  }
}

function keyOf(block: PemBlock, path: string): readonly FoundKey[] {
  const { label, bytes } = block
  if (label === 'TSS2 PRIVATE KEY') return tpmKeyOf(bytes, path)
  const type = DER_TYPES[label]
  const isEncrypted = label === 'ENCRYPTED PRIVATE KEY' || block.headers.length > 0
  if (label.endsWith('PRIVATE KEY') && isEncrypted) {
    return [{ path, publicKey: undefined, isOfTpm: false }]
  }
  if (type === undefined) return []
  try {
    const publicKey = createPublicKey(createPrivateKey({ key: bytes, format: 'der', type }))
    return [{ path, publicKey, isOfTpm: false }]
  } catch {
    return []
  }
}

const DER_TYPES: Readonly<Record<string, 'pkcs8' | 'pkcs1' | 'sec1' | undefined>> = {
  'PRIVATE KEY': 'pkcs8',
  'RSA PRIVATE KEY': 'pkcs1',
  'EC PRIVATE KEY': 'sec1',
  [DER_LABEL]: 'pkcs8',
}

function tpmKeyOf(bytes: Buffer, path: string): readonly FoundKey[] {
  try {
    return [{ path, publicKey: parseTss2Key(bytes, path).publicArea.publicKey, isOfTpm: true }]
  } catch {
    return []
  }
}

/** The key with the certificate's public key; else an encrypted one in the same file, or of the same name. */
function keyFor(
  path: string,
  { publicKey }: X509Certificate,
  keys: readonly FoundKey[],
): FoundKey | undefined {
  return (
    keys.find((key) => key.publicKey?.equals(publicKey) === true) ??
    keys.find((key) => key.publicKey === undefined && stem(key.path) === stem(path))
  )
}

function stem(path: string): string {
  return basename(path, extname(path))
}
