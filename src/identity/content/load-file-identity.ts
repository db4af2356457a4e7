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

import type { X509Certificate } from 'node:crypto'
import { RolesAnywhereError } from '../../core/errors.ts'
import { describeLocation, type ContentLocation } from '../../core/key-location.ts'
import type { Clock, Identity, Reporter } from '../../core/ports.ts'
import type { ExternalKey, KeyCandidate, OpenedKey } from '../key-candidate.ts'
import type { SecretPorts } from '../secret/secret-ports.ts'
import type { TpmAccess } from '../tpm/tpm-access.ts'
import { buildChain } from '../certificate/certificate-chain.ts'
import { adviseOnCertificate, checkValidity } from '../certificate/check-certificate.ts'
import { FileSnapshots, type FileSnapshot } from './snapshot.ts'
import { IdentityContents } from './identity-content.ts'
import { findKeyPair } from './key-pair.ts'
import { certificatesOf, selectLeaves } from './read-certificates.ts'
import { readContent } from './read-content.ts'
import {
  rememberedPassword,
  type PasswordOptions,
  type RememberedPassword,
} from '../secret/remembered-password.ts'

export interface FileIdentityOptions extends PasswordOptions {
  /**
   * The leaf, alone or in a bundle in any order; may hold the private key too. A PEM, DER or PKCS#12
   * file, or a folder of them.
   */
  readonly certificate: ContentLocation
  /** Default: the private key in `certificate`. */
  readonly privateKey?: ContentLocation | undefined
  readonly intermediates?: ContentLocation | undefined
  /** For private keys that are `TSS2 PRIVATE KEY` files. */
  readonly tpm?: TpmAccess | undefined
  /** Takes the place of `privateKey`. */
  readonly externalKey?: ExternalKey | undefined
  /** In the syntax of `--cert-selector`. */
  readonly certSelector?: string | undefined
  /** Of several certificates with their keys take the one that expires last. Default false. */
  readonly useLatestExpiring?: boolean | undefined
}

export type FileSignerOptions = Pick<
  FileIdentityOptions,
  'password' | 'strictPermissions' | 'tpm' | 'externalKey'
> & {
  /** Default: `externalKey` alone. */
  readonly privateKey?: ContentLocation | undefined
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
  const password = rememberedPassword(options, ports.secrets)
  const snapshots = new FileSnapshots(options, ports.secrets)
  for (let attempt = 1; ; attempt += 1) {
    const held = holdWarnings(ports.reporter)
    const snapshot = await snapshots.take()
    const isLast = attempt === MAX_ATTEMPTS
    try {
      const identity = await assemble(snapshot, options, password, { ...ports, ...held })
      if (isLast || (await snapshot.isUnchanged())) {
        held.release()
        const { certificate, privateKey, externalKey } = options
        ports.reporter.debug('identity loaded', {
          certificate: describeLocation(certificate),
          privateKey: externalKey?.name ?? describeLocation(privateKey ?? certificate),
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
): Promise<OpenedKey> {
  if (options.externalKey !== undefined) return options.externalKey.open([])
  const { privateKey } = options
  if (privateKey === undefined) throw new RolesAnywhereError('ERR_INTERNAL', 'no key was named')
  const content = await readContent(privateKey, '--private-key', ports.secrets)
  const password = rememberedPassword(options, ports.secrets)
  const contents = new IdentityContents({ ...password, tpm: options.tpm, reporter: ports.reporter })
  const [first] = await contents.keysIn(content)
  if (first === undefined) throw new RolesAnywhereError('ERR_INTERNAL', 'no key was selected')
  return first.open()
}

/** The first reading, and one more. */
const MAX_ATTEMPTS = 2

async function assemble(
  snapshot: FileSnapshot,
  options: FileIdentityOptions,
  password: RememberedPassword,
  ports: Omit<FileIdentityPorts, 'secrets'>,
): Promise<Identity> {
  const contents = new IdentityContents({ ...password, tpm: options.tpm, reporter: ports.reporter })
  const name = describeLocation(options.certificate)
  const certificates = await certificatesOf(snapshot, name, contents, ports.reporter)
  const leaves = await selectLeaves(certificates, options)
  const { keys, keyName } = await keysOf(snapshot, options, contents, leaves)
  const pair = await findKeyPair({
    keys,
    keyName,
    certificates: leaves,
    certificateName: name,
    choice: choiceOf(snapshot, options),
    clock: ports.clock,
  })
  checkValidity(pair.certificate, name, ports)
  adviseOnCertificate(pair.certificate, name, ports.reporter)
  const others =
    snapshot.intermediates === undefined
      ? []
      : await contents.certificatesIn(snapshot.intermediates)
  // In a folder the other certificates need not have to do with this one.
  const chainPorts = snapshot.isFolder ? { ...ports, reporter: silentReporter } : ports
  const chain = buildChain(pair.certificate, [...certificates, ...others], chainPorts)
  const { signer, certificate } = pair
  return {
    certificate,
    chain,
    signer,
    [Symbol.asyncDispose]: async () => signer[Symbol.asyncDispose](),
  }
}

async function keysOf(
  { privateKeys, isFolder }: FileSnapshot,
  { privateKey, externalKey }: FileIdentityOptions,
  contents: IdentityContents,
  leaves: readonly X509Certificate[],
): Promise<{ readonly keys: readonly KeyCandidate[]; readonly keyName: string }> {
  if (externalKey !== undefined) {
    return { keys: [{ open: () => externalKey.open(leaves) }], keyName: externalKey.name }
  }
  const keys: KeyCandidate[] = []
  let failure: unknown
  for (const content of privateKeys) {
    try {
      keys.push(...(await contents.keysIn(content)))
    } catch (error) {
      if (!isFolder || privateKey !== undefined) throw error
      failure ??= error
    }
  }
  const [first] = privateKeys
  if (first === undefined || keys.length === 0) throw failure
  return { keys, keyName: first.name }
}

/** A folder and a selector are there to choose by; what they leave open is not decided silently. */
function choiceOf(
  { isFolder }: FileSnapshot,
  { certSelector, useLatestExpiring }: FileIdentityOptions,
): 'first' | 'only' | 'latest' {
  if (useLatestExpiring === true) return 'latest'
  return isFolder || certSelector !== undefined ? 'only' : 'first'
}

const silentReporter: Reporter = { warn: () => undefined, debug: () => undefined }

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
