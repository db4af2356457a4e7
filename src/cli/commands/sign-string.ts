/**
 * `sign-string`: proves that a key can be used, without AWS.
 *
 * As in the reference helper a fixed message is signed, which names its purpose and the public key,
 * so that the command is no signing oracle by accident. `--stdin` signs what the caller brings.
 *
 * @module
 */

import { createHash, type KeyObject } from 'node:crypto'
import { openSigner } from '../../identity/open-identity.ts'
import { identityOptions, identityPorts } from '../identity-ports.ts'
import type { Invocation } from '../invocation.ts'

export async function execute(invocation: Invocation<'sign-string'>): Promise<void> {
  const { settings, system } = invocation
  const opened = await openSigner(identityOptions(settings), identityPorts(invocation))
  await using signer = opened.signer
  const message = settings.stdin ? await system.readStdin() : selfTestMessage(opened.publicKey)
  const signature = await signer.sign(message, {
    hash: HASHES[settings.digest],
    signal: system.signal,
  })
  await system.writeResult(formatted(Buffer.from(signature), settings.format))
}

const HASHES = { SHA256: 'sha256', SHA384: 'sha384', SHA512: 'sha512' } as const

function formatted(signature: Buffer, format: 'json' | 'text' | 'bin'): string | Uint8Array {
  if (format === 'bin') return signature
  const hex = signature.toString('hex')
  return format === 'json' ? JSON.stringify(hex) : hex
}

const PURPOSE = 'AWS Roles Anywhere Credential Helper Signing Test'
const VERSION = '1'

/**
 * What the reference helper signs: purpose, version, and the SHA-256 of `IAM RA` and the public key
 * (RFC 8017 RSAPublicKey, or SEC 1 uncompressed point). Without it where the key is of another kind, or a token does not tell it.
 */
function selfTestMessage(publicKey: KeyObject | undefined): Uint8Array {
  const key = publicKey === undefined ? undefined : publicKeyBytes(publicKey)
  const digest =
    key === undefined ? [] : [createHash('sha256').update('IAM RA').update(key).digest()]
  return Buffer.concat([Buffer.from(PURPOSE + VERSION), ...digest])
}

function publicKeyBytes(publicKey: KeyObject): Uint8Array | undefined {
  if (publicKey.asymmetricKeyType === 'rsa') {
    return publicKey.export({ format: 'der', type: 'pkcs1' })
  }
  if (publicKey.asymmetricKeyType !== 'ec') return undefined
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' })
  return Buffer.concat([Uint8Array.of(4), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')])
}
