/**
 * From settings that name files to an identity: certificate, chain and key as one consistent snapshot.
 *
 * Rotation replaces several files and cannot do it in one step. So all of them are read first; if one
 * changed meanwhile, or certificate and key are no pair, everything is read once more before that is
 * called an error.
 *
 * @see design.md 5; reliability.md T25, F7
 * @module
 */

import type { KeyObject, X509Certificate } from 'node:crypto'
import { RolesAnywhereError } from '../../core/errors.ts'
import type { Clock, Identity, Reporter, Signer } from '../../core/ports.ts'
import { readSecret, type SecretPorts, type SecretSource } from '../secret/secret-source.ts'
import { parseCertificates } from './certificate.ts'
import { buildChain } from './certificate-chain.ts'
import { adviseOnCertificate, checkValidity } from './check-certificate.ts'
import { warnIfWeak } from './check-key.ts'
import { decodeBlocks } from './decode-blocks.ts'
import { FileSigner } from './file-signer.ts'
import { passwordRequired, type KeySource } from './key-source.ts'
import { findKeyPair, openFirstKey } from './key-pair.ts'
import { selectKeyBlocks, type KeyBlock } from './private-key.ts'
import { FileSnapshots, type FileSnapshot } from './file-snapshot.ts'
import { checkPermissions } from './read-file.ts'
import { readFromSetting, type SettingContent } from './read-from-setting.ts'

/** Paths, or sources of the secret grammar such as `env:CLIENT_KEY`. */
export interface FileIdentityOptions {
  /** The leaf, alone or in a bundle in any order; may hold the private key too. */
  readonly certificate: string
  /** Default: the private key in `certificate`. */
  readonly privateKey?: string | undefined
  readonly intermediates?: string | undefined
  /** Asked only when the key is encrypted: where the password is, or what yields it. */
  readonly password?: SecretSource | (() => Promise<string>) | undefined
  /** Refuse a key or password file that others may read, instead of warning. Default false. */
  readonly strictPermissions?: boolean | undefined
}

export type FileSignerOptions = Pick<FileIdentityOptions, 'password' | 'strictPermissions'> & {
  readonly privateKey: string
}

export interface FileIdentityPorts {
  readonly reporter: Reporter
  readonly clock: Clock
  readonly secrets: SecretPorts
}

/**
 * Reads, checks and pairs certificate, chain and key.
 *
 * @throws {RolesAnywhereError} codes of the config and key families, each naming the file.
 */
export async function loadFileIdentity(
  options: FileIdentityOptions,
  ports: FileIdentityPorts,
): Promise<Identity> {
  const passwords = rememberedPassword(options, ports.secrets)
  const snapshots = new FileSnapshots(options, ports.secrets)
  for (let attempt = 1; ; attempt += 1) {
    const held = holdWarnings(ports.reporter)
    const snapshot = await snapshots.take()
    const isLast = attempt === MAX_ATTEMPTS
    try {
      const identity = await assemble(snapshot, options, passwords, { ...ports, ...held })
      if (isLast || (await snapshot.isUnchanged())) {
        held.release()
        ports.reporter.debug('identity loaded', {
          certificate: snapshot.certificate.name,
          privateKey: snapshot.privateKey.name,
          chainLength: identity.chain.length,
        })
        return identity
      }
    } catch (error) {
      const mayBeTorn = isMismatch(error) || !(await snapshot.isUnchanged())
      if (isLast || !mayBeTorn) {
        held.release()
        throw error
      }
    }
    ports.reporter.debug('identity files changed while they were read: reading again', { attempt })
  }
}

/**
 * A private key alone, for `sign-string`.
 *
 * @throws {RolesAnywhereError} codes of the config and key families.
 */
export async function loadFileSigner(
  options: FileSignerOptions,
  ports: Omit<FileIdentityPorts, 'clock'>,
): Promise<{ readonly signer: Signer; readonly publicKey: KeyObject }> {
  const content = await readFromSetting(options.privateKey, '--private-key', ports.secrets)
  const keys = keysIn(content, options, ports.reporter)
  const password = rememberedPassword(options, ports.secrets)
  const source = { name: content.name, password: () => password(content.name) }
  const { privateKey, publicKey } = await openFirstKey(keys, source)
  warnIfWeak(privateKey, content.name, ports.reporter)
  return { signer: new FileSigner(privateKey), publicKey }
}

/** The first reading, and one more. */
const MAX_ATTEMPTS = 2

async function assemble(
  snapshot: FileSnapshot,
  options: FileIdentityOptions,
  password: (name: string) => Promise<string>,
  ports: Omit<FileIdentityPorts, 'secrets'>,
): Promise<Identity> {
  const { certificate: bundle, privateKey, intermediates } = snapshot
  const certificates = parseCertificates(decodeBlocks(bundle), bundle.name)
  const others = intermediates === undefined ? [] : parseContent(intermediates)
  const keys = keysIn(privateKey, options, ports.reporter)
  const source: KeySource = {
    name: privateKey.name,
    password: () => password(privateKey.name),
  }
  const pair = await findKeyPair(keys, source, { certificates, name: bundle.name, ...ports })
  warnIfWeak(pair.privateKey, privateKey.name, ports.reporter)
  checkValidity(pair.certificate, bundle.name, ports)
  adviseOnCertificate(pair.certificate, bundle.name, ports.reporter)
  const chain = buildChain(pair.certificate, [...certificates, ...others], ports)
  return fileIdentity(pair.certificate, chain, new FileSigner(pair.privateKey))
}

function parseContent(content: SettingContent): readonly X509Certificate[] {
  return parseCertificates(decodeBlocks(content), content.name)
}

function keysIn(
  content: SettingContent,
  options: Pick<FileIdentityOptions, 'strictPermissions'>,
  reporter: Reporter,
): readonly KeyBlock[] {
  const keys = selectKeyBlocks(decodeBlocks(content), content.name)
  if (content.file !== undefined) {
    checkPermissions(content.file, 'private key', { reporter, ...options })
  }
  return keys
}

function fileIdentity(
  certificate: X509Certificate,
  chain: readonly X509Certificate[],
  signer: FileSigner,
): Identity {
  return {
    certificate,
    chain,
    signer,
    [Symbol.asyncDispose]: () => signer[Symbol.asyncDispose](),
  }
}

/** Read at the first need, once: a prompt must not come twice, and a pipe cannot. */
function rememberedPassword(
  options: Pick<FileIdentityOptions, 'password' | 'strictPermissions'>,
  secrets: SecretPorts,
): (name: string) => Promise<string> {
  const { password, strictPermissions } = options
  let remembered: Promise<string> | undefined
  return (name) => {
    if (password === undefined) return Promise.reject(passwordRequired(name))
    const what = `the password of "${name}"`
    remembered ??=
      typeof password === 'function'
        ? textFrom(password, what)
        : readSecret(password, what, secrets, { strictPermissions })
    return remembered
  }
}

/** Callers without a type checker may yield anything, and Node's own error would quote it. */
async function textFrom(password: () => Promise<unknown>, what: string): Promise<string> {
  const text = await password()
  if (typeof text === 'string') return text
  throw new RolesAnywhereError(
    'ERR_CONFIG_SECRET_UNAVAILABLE',
    `cannot read ${what}: the function for it yields ${text === null ? 'null' : typeof text}`,
    { hint: 'it must yield a string' },
  )
}

function isMismatch(error: unknown): boolean {
  return error instanceof RolesAnywhereError && error.code === 'ERR_KEY_MISMATCH'
}

/** Warnings of a reading that is thrown away are not shown. */
function holdWarnings(reporter: Reporter): { readonly reporter: Reporter; release(): void } {
  const held: Parameters<Reporter['warn']>[] = []
  return {
    reporter: {
      warn: (...warning) => void held.push(warning),
      debug: (step, fields) => {
        reporter.debug(step, fields)
      },
    },
    release() {
      for (const warning of held) reporter.warn(...warning)
    },
  }
}
