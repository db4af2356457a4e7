/**
 * Several pairs where one is meant: what is said of them.
 *
 * @module
 */

import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto'
import { expect, it } from 'vitest'
import { createAuthority } from '../../../../src/emulator/throwaway-pki.ts'
import { findKeyPair } from '../../../../src/identity/content/key-pair.ts'
import { FileSigner } from '../../../../src/identity/key-file/file-signer.ts'

it('lists five certificates that could be meant, and counts the rest', async () => {
  const authority = await createAuthority()
  const { privateKeyPem } = await authority.issue()
  const issued = await Promise.all(
    ['1', '2', '3', '4', '5', '6', '7', '8', '9'].map(async (name) =>
      authority.issue({ subject: `CN=n${name}`, privateKeyPem }),
    ),
  )
  const search = findKeyPair({
    keys: [
      {
        open: async () =>
          Promise.resolve({
            publicKey: createPublicKey(privateKeyPem),
            signer: new FileSigner(createPrivateKey(privateKeyPem)),
          }),
      },
    ],
    keyName: 'f',
    certificates: issued.map(({ certificatePem }) => new X509Certificate(certificatePem)),
    certificateName: 'f',
    choice: 'only',
    clock: Date.now,
  })
  await expect(search).rejects.toThrow(
    /^9 certificates .*"CN=n5" serial \w+ until \S+; and 4 more$/u,
  )
})
