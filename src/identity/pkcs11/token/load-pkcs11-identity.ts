/**
 * From settings that name a token to an identity: certificate, chain and key.
 *
 * @see design.md 5
 * @module
 */

import type { Identity, Reporter } from '../../../core/ports.ts'
import { buildChain } from '../../certificate/certificate-chain.ts'
import { adviseOnCertificate, checkValidity } from '../../certificate/check-certificate.ts'
import type { IdentityOptions } from '../../identity-options.ts'
import { findPair, readFile } from './find-pair.ts'
import { OpenTokens, type Pkcs11Ports } from './open-tokens.ts'
import { Pkcs11Signer } from './pkcs11-signer.ts'

/**
 * Finds everything and is then ready to sign, after at most one login to each token.
 *
 * @throws {RolesAnywhereError} codes of the key and config families.
 */
export async function loadPkcs11Identity(
  options: IdentityOptions,
  ports: Pkcs11Ports,
): Promise<Identity> {
  await using tokens = new OpenTokens(options, ports)
  const { certificate, algorithm, name, others, found, criteria } = await findPair(
    options,
    tokens,
    ports,
  )
  checkValidity(certificate, name, ports)
  adviseOnCertificate(certificate, name, ports.reporter)
  const intermediates =
    options.intermediates === undefined ? [] : await readFile(options.intermediates, options, ports)
  const chain = buildChain(certificate, [...others, ...intermediates], {
    clock: ports.clock,
    // What else is on a token is nobody's mistake.
    reporter: SILENT,
  })
  tokens.keep(found.token)
  const { publicKey } = certificate
  const signer = new Pkcs11Signer({ algorithm, publicKey, found, criteria, tell: ports.tell })
  return {
    certificate,
    chain,
    signer,
    [Symbol.asyncDispose]: async () => signer[Symbol.asyncDispose](),
  }
}

const SILENT: Reporter = { warn: () => undefined, debug: () => undefined }
