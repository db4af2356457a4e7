/**
 * Signs by running a command: whatever holds the key, an agent, a cloud KMS, Vault or an enclave,
 * is one line of shell away.
 *
 * The command gets the message (not a digest) on standard input and writes the signature to standard
 * output: as it is or in base64; for EC keys as DER or as r‖s. Which of these it is shows by verifying
 * with the certificate's public key, and nothing that does not verify is ever sent.
 *
 * @module
 */

import type { KeyObject, X509Certificate } from 'node:crypto'
import { signingAlgorithmOf, type SigningAlgorithm } from '../../core/algorithms.ts'
import { RolesAnywhereError } from '../../core/errors.ts'
import type { Signer, SignOptions } from '../../core/ports.ts'
import { says, setting, type Wording } from '../../core/wording.ts'
import { encodeEcdsaSignature } from '../../core/ecdsa-signature.ts'
import { leavesAmong } from '../certificate/choose-certificate.ts'
import { readPublicKey } from '../certificate/public-key.ts'
import type { OpenedKey } from '../key-candidate.ts'
import { isSignatureOf } from '../node-signature.ts'
import { runCommand } from '../../machine/run-command.ts'

/** The largest signature, ML-DSA-87, has 4,627 bytes: in base64 with line breaks some 6,400. */
const MAX_OUTPUT_BYTES = 16_384

const COMMAND = setting('signerCommand')

export interface CommandSignerOptions {
  /** For `/bin/sh -c`. */
  readonly command: string
  /** Of the certificate: decides the algorithm, and every signature is checked with it. */
  readonly publicKey: KeyObject
  readonly env: Readonly<Record<string, string | undefined>>
  /** Default 30,000. */
  readonly timeoutMs?: number
}

/** @throws {RolesAnywhereError} ERR_KEY_UNSUPPORTED for a key that cannot sign CreateSession. */
export function createCommandSigner(options: CommandSignerOptions): Signer {
  const algorithm = signingAlgorithmOf(options.publicKey)
  return {
    algorithm,
    async sign(message, { hash, signal }: SignOptions = {}) {
      const { command, publicKey, env, timeoutMs } = options
      const result = await runCommand(command, {
        env,
        maxBytes: MAX_OUTPUT_BYTES,
        input: message,
        signal,
        ...(timeoutMs === undefined ? {} : { timeoutMs }),
      })
      if (signal?.aborted === true) throw new RolesAnywhereError('ERR_CANCELLED', 'cancelled')
      if ('problem' in result) {
        throw failed(says`the signature of ${COMMAND} ${result.problem}`)
      }
      const signature = readings(result.output, algorithm).find((candidate) =>
        isSignatureOf(candidate, message, { algorithm, publicKey }, hash),
      )
      if (signature === undefined) {
        throw failed(
          says`what ${COMMAND} wrote (${result.output.length} bytes) is no signature by the certificate's key`,
        )
      }
      return signature
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }
}

/**
 * The command as the key of one certificate: it cannot say for which, so there must be one leaf.
 *
 * @param name of what holds the certificates, for messages.
 * @throws {RolesAnywhereError} ERR_CONFIG_CERTIFICATE_AMBIGUOUS, ERR_CONFIG_CERTIFICATE_INVALID,
 *   ERR_KEY_UNSUPPORTED.
 */
export function openCommandKey(
  command: string,
  {
    certificates,
    name,
  }: { readonly certificates: readonly X509Certificate[]; readonly name: string },
  env: CommandSignerOptions['env'],
): OpenedKey {
  const leaves = leavesAmong(certificates)
  const [leaf] = leaves
  if (leaf === undefined || leaves.length > 1) {
    throw new RolesAnywhereError(
      'ERR_CONFIG_CERTIFICATE_AMBIGUOUS',
      says`${leaves.length} of the certificates may be the one that ${COMMAND} signs for`,
      {
        hint: says`give only its certificate and chain, or choose one with ${setting('certSelector')}`,
      },
    )
  }
  const publicKey = readPublicKey(leaf, name)
  return { publicKey, signer: createCommandSigner({ command, publicKey, env }) }
}

/** Every way to read the output as a signature, the plainest first. */
function readings(output: Buffer, { signatureEncoding }: SigningAlgorithm): readonly Uint8Array[] {
  const decoded = decodeText(output)
  const plain = decoded === undefined ? [output] : [output, decoded]
  if (signatureEncoding !== 'ecdsa-der') return plain
  return plain.flatMap((bytes) => {
    const half = bytes.length / 2
    return Number.isInteger(half) && half > 0
      ? [bytes, encodeEcdsaSignature(bytes.subarray(0, half), bytes.subarray(half))]
      : [bytes]
  })
}

/** Base64, also after a prefix as in Vault's `vault:v1:…`. */
function decodeText(output: Buffer): Buffer | undefined {
  const text = output.toString('latin1').replaceAll(/\s+/gu, '')
  const base64 = /^(?:[\w-]+:)*([A-Za-z0-9+/_-]+={0,2})$/u.exec(text)?.[1]
  return base64 === undefined ? undefined : Buffer.from(base64, 'base64')
}

function failed(message: Wording): RolesAnywhereError {
  return new RolesAnywhereError('ERR_KEY_COMMAND_FAILED', message, {
    hint: 'the command reads the message on standard input and writes its signature, raw or in base64; try it by hand, with "openssl dgst -sha256 -verify"',
  })
}
