import { X509Certificate, generateKeyPairSync, sign, verify } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { createAuthority } from '../../../../src/emulator/throwaway-pki.ts'
import {
  createCommandSigner,
  openCommandKey,
} from '../../../../src/identity/command/command-signer.ts'

const env = { PATH: process.env['PATH'] }
const ec = generateKeyPairSync('ec', { namedCurve: 'P-384' })
const MESSAGE = Buffer.from('message')

/** A command that writes these bytes, whatever it reads. */
const writing = (bytes: Uint8Array): string =>
  `echo ${Buffer.from(bytes).toString('base64')} | base64 -d`

describe('an external signer', () => {
  it('may write r‖s, raw or in base64, and DER comes out', async () => {
    const raw = sign('sha256', MESSAGE, { key: ec.privateKey, dsaEncoding: 'ieee-p1363' })
    for (const command of [writing(raw), `echo ${raw.toString('base64url')}`]) {
      const signer = createCommandSigner({ command, publicKey: ec.publicKey, env })
      const signature = await signer.sign(MESSAGE)
      expect(verify('sha256', MESSAGE, ec.publicKey, signature)).toBe(true)
    }
  })

  it('may hold an ML-DSA key', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('ml-dsa-44')
    const command = writing(sign(null, MESSAGE, privateKey))
    const signer = createCommandSigner({ command, publicKey, env })
    expect(verify(null, MESSAGE, publicKey, await signer.sign(MESSAGE))).toBe(true)
  })

  it('gets the message on standard input, byte for byte', async () => {
    const raw = sign('sha256', MESSAGE, ec.privateKey)
    const command = `[ "$(cat | base64)" = ${MESSAGE.toString('base64')} ] && ${writing(raw)}`
    const signer = createCommandSigner({ command, publicKey: ec.publicKey, env })
    expect(verify('sha256', MESSAGE, ec.publicKey, await signer.sign(MESSAGE))).toBe(true)
  })

  it('may be slow only up to a limit', async () => {
    const command = 'exec tail -f /dev/null'
    const options = { command, publicKey: ec.publicKey, env, timeoutMs: 50 }
    await expect(createCommandSigner(options).sign(MESSAGE)).rejects.toMatchObject({
      code: 'ERR_KEY_COMMAND_FAILED',
      message: expect.stringContaining('did not come within 0.05 s') as string,
    })
  })

  it('is ended when the caller cancels', async () => {
    const command = 'exec tail -f /dev/null'
    const signer = createCommandSigner({ command, publicKey: ec.publicKey, env })
    const controller = new AbortController()
    const signature = signer.sign(MESSAGE, { signal: controller.signal })
    controller.abort()
    await expect(signature).rejects.toMatchObject({ code: 'ERR_CANCELLED' })
  })

  it('a signature over another message is refused', async () => {
    const command = writing(sign('sha256', Buffer.from('another'), ec.privateKey))
    const signer = createCommandSigner({ command, publicKey: ec.publicKey, env })
    await expect(signer.sign(MESSAGE)).rejects.toMatchObject({ code: 'ERR_KEY_COMMAND_FAILED' })
  })

  it('does not see our own settings', async () => {
    const command = '[ -z "$ROLESANYWHERE_KEY_PASSWORD" ] || exit 9; exit 3'
    const ours = { ...env, ROLESANYWHERE_KEY_PASSWORD: 'canary' }
    const signer = createCommandSigner({ command, publicKey: ec.publicKey, env: ours })
    await expect(signer.sign(MESSAGE)).rejects.toThrow('exited with 3')
  })

  it('cannot be told apart among two leaves', async () => {
    const root = await createAuthority()
    const leaves = [await root.issue(), await root.issue()].map(
      ({ certificatePem }) => new X509Certificate(certificatePem),
    )
    expect(() => openCommandKey('cat', { certificates: leaves, name: 'leaf.pem' }, env)).toThrow(
      expect.objectContaining({ code: 'ERR_CONFIG_CERTIFICATE_AMBIGUOUS' }),
    )
    const chain = [new X509Certificate(root.certificatePem), leaves[0]!]
    expect(
      openCommandKey('cat', { certificates: chain, name: 'leaf.pem' }, env).publicKey.equals(
        leaves[0]!.publicKey,
      ),
    ).toBe(true)
  })
})
