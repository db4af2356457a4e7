/**
 * Private keys in every file form Roles Anywhere users have: PKCS#1, SEC1, PKCS#8, encrypted PKCS#8,
 * and OpenSSL's legacy encrypted PEM; in PEM or DER.
 *
 * Parsing and checking of the numbers is OpenSSL's, through Node. Whether the key is one that can sign
 * CreateSession is decided in check-key.ts.
 *
 * @see RFC 5958 (PKCS#8), RFC 8017 appendix A.1.2 (PKCS#1), RFC 5915 (SEC1); protocol-facts.md 10.1
 * @module
 */

import { createPrivateKey, type KeyObject } from 'node:crypto'
import { RolesAnywhereError } from '../../core/errors.ts'
import { says, setting } from '../../core/wording.ts'
import { errnoOf } from '../../machine/errno.ts'
import { DER_LABEL } from '../encoding/decode-blocks.ts'
import { malformedKey, unsupportedKey, type KeySource } from './key-source.ts'
import { isLegacyEncrypted, openLegacyEncrypted } from './legacy-encrypted-pem.ts'
import type { PemBlock } from '../encoding/pem.ts'

/** A block that says it is a private key, and the EC PARAMETERS block that came before it. */
export interface KeyBlock {
  readonly block: PemBlock
  readonly parameters: PemBlock | undefined
}

/** More keys than anyone keeps in one file; each may cost a key derivation. */
const MAX_KEYS = 8

/**
 * The private keys among blocks, in order; not opened yet.
 *
 * @throws {RolesAnywhereError} ERR_KEY_MISSING, or ERR_KEY_UNSUPPORTED when the only keys are of a
 *   form that is refused by name.
 */
export function selectKeyBlocks(blocks: readonly PemBlock[], name: string): readonly KeyBlock[] {
  const keys = blocks.flatMap((block, index) => {
    if (FORMATS[block.label] === undefined) return []
    const before = blocks[index - 1]
    return [{ block, parameters: before?.label === 'EC PARAMETERS' ? before : undefined }]
  })
  if (keys.length > MAX_KEYS)
    throw malformedKey(name, `is one of more than ${MAX_KEYS} in one file`)
  if (keys.length === 0) throw noUsableKey(blocks, name)
  return keys
}

/**
 * Opens one key, asking for the password only when it is encrypted.
 *
 * @throws {RolesAnywhereError} codes of the key family.
 */
export async function openKeyBlock(key: KeyBlock, source: KeySource): Promise<KeyObject> {
  const { block } = key
  if (block.label === DER_LABEL) return openDer(block.bytes, source)
  const format = FORMATS[block.label]
  const opened = isLegacyEncrypted(block)
    ? await openLegacyEncrypted(block, source)
    : format === 'pkcs8'
      ? await openPkcs8(block.bytes, source)
      : await openTraditional(key, source)
  const expectedType = format === 'pkcs1' ? 'rsa' : format === 'sec1' ? 'ec' : undefined
  if (expectedType !== undefined && opened.asymmetricKeyType !== expectedType) {
    throw malformedKey(source.name, `is not what its label "${block.label}" says`)
  }
  return opened
}

async function openPkcs8(der: Buffer, source: KeySource): Promise<KeyObject> {
  try {
    return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
  } catch (error) {
    if (isMissingPassphrase(error)) return openEncrypted(der, source)
    throw await unreadable(der, source.name)
  }
}

/** PKCS#1 or SEC1. OpenSSL looks at the content and would take PKCS#8 under these labels. */
async function openTraditional(key: KeyBlock, source: KeySource): Promise<KeyObject> {
  const { block, parameters } = key
  if (isPkcs8(block.bytes)) {
    throw malformedKey(source.name, `is PKCS#8 under the label "${block.label}"`)
  }
  const opened = parseTraditional(block.bytes)
  if (opened !== undefined) return opened
  if (parameters !== undefined) {
    const { withParameters } = await import('./ec-parameters.ts')
    const complete = withParameters(block.bytes, parameters.bytes)
    const completed = complete === undefined ? undefined : parseTraditional(complete)
    if (completed !== undefined) return completed
  }
  throw await unreadable(block.bytes, source.name)
}

async function openDer(der: Buffer, source: KeySource): Promise<KeyObject> {
  try {
    return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
  } catch (error) {
    if (isMissingPassphrase(error)) return openEncrypted(der, source)
    const opened = parseTraditional(der)
    if (opened !== undefined) return opened
    throw await unreadable(der, source.name)
  }
}

/** With either type name Node finds out by itself which traditional form it has. */
function parseTraditional(der: Buffer): KeyObject | undefined {
  try {
    return createPrivateKey({ key: der, format: 'der', type: 'pkcs1' })
  } catch {
    return undefined
  }
}

function isPkcs8(der: Buffer): boolean {
  try {
    createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
    return true
  } catch (error) {
    return isMissingPassphrase(error)
  }
}

/** Node says so of every structure that looks like EncryptedPrivateKeyInfo. */
function isMissingPassphrase(error: unknown): boolean {
  return errnoOf(error) === 'ERR_MISSING_PASSPHRASE'
}

async function openEncrypted(der: Buffer, source: KeySource): Promise<KeyObject> {
  const { openEncryptedPkcs8 } = await import('./encrypted-pkcs8.ts')
  return openEncryptedPkcs8(der, source)
}

async function unreadable(der: Buffer, name: string): Promise<RolesAnywhereError> {
  const { explainUnreadableKey } = await import('./explain-unreadable-key.ts')
  return explainUnreadableKey(der, name) ?? malformedKey(name)
}

function noUsableKey(blocks: readonly PemBlock[], name: string): RolesAnywhereError {
  for (const { label } of blocks) {
    const refusal = REFUSED_LABELS[label]
    if (refusal !== undefined) return unsupportedKey(name, ...refusal)
    if (label.endsWith('PRIVATE KEY')) return unsupportedKey(name, `holds a key of type ${label}`)
  }
  const labels = [...new Set(blocks.map(({ label }) => label))].slice(0, 5).join(', ')
  const found = labels === '' ? '' : ` (it holds ${labels})`
  return new RolesAnywhereError('ERR_KEY_MISSING', `no private key in "${name}"${found}`, {
    hint: says`give the file of the private key with ${setting('privateKey')}`,
  })
}

type Format = 'pkcs8' | 'pkcs1' | 'sec1' | 'unknown'

const FORMATS: Readonly<Record<string, Format>> = {
  'PRIVATE KEY': 'pkcs8',
  'ENCRYPTED PRIVATE KEY': 'pkcs8',
  'RSA PRIVATE KEY': 'pkcs1',
  'EC PRIVATE KEY': 'sec1',
  [DER_LABEL]: 'unknown',
}

const REFUSED_LABELS: Readonly<Record<string, readonly [problem: string, hint?: string]>> = {
  'OPENSSH PRIVATE KEY': [
    'is a key in the form of OpenSSH',
    'convert a copy of it: ssh-keygen -p -m PKCS8 -f COPY',
  ],
  'DSA PRIVATE KEY': ['holds a DSA key, which cannot sign CreateSession'],
  'TSS KEY BLOB': ['is a TPM 1.2 key file, which is not supported'],
  'PUBLIC KEY': ['holds a public key, not a private key'],
  'RSA PUBLIC KEY': ['holds a public key, not a private key'],
}
