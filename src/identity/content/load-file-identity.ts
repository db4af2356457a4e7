/**
 * From options that name no token to an identity: certificate, chain and key as one consistent snapshot.
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
import {
  describeLocation,
  type ContentLocation,
  type KeyLocation,
  type TokenLocation,
} from '../../core/key-location.ts'
import type { Identity, Reporter } from '../../core/ports.ts'
import type { IdentityOptions, IdentityPorts, KeyOptions } from '../identity-options.ts'
import type { KeyCandidate, OpenedKey } from '../key-candidate.ts'
import { buildChain } from '../certificate/certificate-chain.ts'
import { leavesAmong, longestLasting } from '../certificate/choose-certificate.ts'
import { adviseOnCertificate, checkValidity } from '../certificate/check-certificate.ts'
import { FileSnapshots, type FileSnapshot } from './snapshot.ts'
import { IdentityContents, type ContentPorts } from './identity-content.ts'
import { findKeyPair } from './key-pair.ts'
import { certificatesOf, selectLeaves } from './read-certificates.ts'
import { readContent } from './read-content.ts'

/** A key that is on no token. */
type PrivateKeyLocation = Exclude<KeyLocation, TokenLocation>

export type FileIdentityOptions = Omit<IdentityOptions, 'certificate' | 'privateKey'> & {
  readonly certificate: ContentLocation
  readonly privateKey?: PrivateKeyLocation | undefined
}

export type FileSignerOptions = Omit<KeyOptions, 'privateKey'> & {
  readonly privateKey: PrivateKeyLocation
}

type FileIdentityPorts = Omit<IdentityPorts, 'tell'>

/**
 * Reads, checks and pairs certificate, chain and key.
 *
 * @throws {RolesAnywhereError} codes of the config and key families, each naming the file.
 */
export async function loadFileIdentity(
  options: FileIdentityOptions,
  { reporter, clock, secrets }: FileIdentityPorts,
): Promise<Identity> {
  const held = new HeldWarnings(reporter)
  const ports = { reporter: held, clock, secrets }
  const contents = new IdentityContents(options, ports)
  const snapshots = new FileSnapshots(options, secrets)
  for (let attempt = 1; ; attempt += 1) {
    held.drop()
    const snapshot = await snapshots.take()
    const isLast = attempt === MAX_ATTEMPTS
    try {
      const identity = await assemble(snapshot, options, contents, ports)
      if (isLast || (await snapshot.isUnchanged())) {
        held.release()
        const { certificate, privateKey, signerCommand } = options
        reporter.debug('identity loaded', {
          certificate: describeLocation(certificate),
          privateKey:
            signerCommand === undefined ? describeLocation(privateKey ?? certificate) : 'a command',
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
    reporter.debug('identity files changed while they were read: reading again', { attempt })
  }
}

/**
 * A private key alone, for `sign-string`; of several the first.
 *
 * @throws {RolesAnywhereError} codes of the config and key families.
 */
export async function loadFileSigner(
  options: FileSignerOptions,
  ports: ContentPorts,
): Promise<OpenedKey> {
  const { privateKey } = options
  const contents = new IdentityContents(options, ports)
  if (privateKey.kind === 'tpm-handle') {
    return contents.tpmKey(privateKey, describeLocation(privateKey)).open()
  }
  const content = await readContent(privateKey, 'privateKey', ports.secrets)
  const [first] = await contents.keysIn(content)
  if (first === undefined) throw new RolesAnywhereError('ERR_INTERNAL', 'no key was selected')
  return first.open()
}

/** The first reading, and one more. */
const MAX_ATTEMPTS = 2

async function assemble(
  snapshot: FileSnapshot,
  options: FileIdentityOptions,
  contents: IdentityContents,
  ports: FileIdentityPorts,
): Promise<Identity> {
  const name = describeLocation(options.certificate)
  const certificates = await certificatesOf(snapshot, name, contents, ports.reporter)
  const leaves = await selectLeaves(certificates, options)
  const { keys, keyName } =
    options.signerCommand === undefined
      ? await keysOf(snapshot, options, contents)
      : {
          keys: [commandKey(options.signerCommand, leaves, options, ports)],
          keyName: 'the command',
        }
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
  const chainPorts = snapshot.isFolder ? { ...ports, reporter: SILENT } : ports
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
  snapshot: FileSnapshot,
  { privateKey }: FileIdentityOptions,
  contents: IdentityContents,
): Promise<{ readonly keys: readonly KeyCandidate[]; readonly keyName: string }> {
  if (privateKey?.kind === 'tpm-handle') {
    const keyName = describeLocation(privateKey)
    return { keys: [contents.tpmKey(privateKey, keyName)], keyName }
  }
  const keys: KeyCandidate[] = []
  let failure: unknown
  for (const content of snapshot.privateKeys) {
    try {
      keys.push(...(await contents.keysIn(content)))
    } catch (error) {
      if (!snapshot.isFolder || privateKey !== undefined) throw error
      failure ??= error
    }
  }
  const [first] = snapshot.privateKeys
  if (first === undefined || keys.length === 0) throw failure
  return { keys, keyName: first.name }
}

/** The command as a key; which certificate it signs for must be plain. */
function commandKey(
  command: string,
  certificates: readonly X509Certificate[],
  { certificate, useLatestExpiringCertificate }: FileIdentityOptions,
  { clock, secrets }: FileIdentityPorts,
): KeyCandidate {
  const latest =
    useLatestExpiringCertificate === true
      ? longestLasting(leavesAmong(certificates), clock())
      : undefined
  return {
    open: async () => {
      const { openCommandKey } = await import('../command/command-signer.ts')
      const meant = latest === undefined ? certificates : [latest]
      const found = { certificates: meant, name: describeLocation(certificate) }
      return openCommandKey(command, found, secrets.env)
    },
  }
}

/** A folder and a selector are there to choose by; what they leave open is not decided silently. */
function choiceOf(
  { isFolder }: FileSnapshot,
  { certSelector, useLatestExpiringCertificate }: FileIdentityOptions,
): 'first' | 'only' | 'latest' {
  if (useLatestExpiringCertificate === true) return 'latest'
  return isFolder || certSelector !== undefined ? 'only' : 'first'
}

const SILENT: Reporter = { warn: () => undefined, debug: () => undefined }

function isMismatch(error: unknown): boolean {
  return error instanceof RolesAnywhereError && error.code === 'ERR_KEY_MISMATCH'
}

/** Warnings of a reading that is thrown away are not shown. */
class HeldWarnings implements Reporter {
  readonly #reporter: Reporter
  #held: Parameters<Reporter['warn']>[] = []

  constructor(reporter: Reporter) {
    this.#reporter = reporter
  }

  warn(...warning: Parameters<Reporter['warn']>): void {
    this.#held.push(warning)
  }

  debug(...line: Parameters<Reporter['debug']>): void {
    this.#reporter.debug(...line)
  }

  drop(): void {
    this.#held = []
  }

  release(): void {
    for (const warning of this.#held) this.#reporter.warn(...warning)
    this.drop()
  }
}
