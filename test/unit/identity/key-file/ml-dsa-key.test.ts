import { createPublicKey } from 'node:crypto'
import { afterAll, describe, expect, it } from 'vitest'
import { createAuthority } from '../../../../src/emulator/throwaway-pki.ts'
import { loadFileIdentity } from '../../../../src/identity/content/load-file-identity.ts'
import { explainUnreadableKey } from '../../../../src/identity/key-file/explain-unreadable-key.ts'
import {
  generateMlDsaKey,
  ML_DSA_TYPES,
  mlDsaForms,
  type MlDsaType,
} from '../../../support/foreign-data/ml-dsa-keys.ts'
import { Workshop } from '../../../support/foreign-data/workshop.ts'
import { inFiles } from '../../../support/places.ts'
import { openKey } from '../../../support/suites/open-files.ts'
import { recordingPorts } from '../recording-ports.ts'

const shop = new Workshop()
afterAll(() => {
  shop[Symbol.dispose]()
})

function formsOf(type: MlDsaType): ReturnType<typeof mlDsaForms> {
  return mlDsaForms(type, generateMlDsaKey(type).export({ format: 'der', type: 'pkcs8' }))
}

describe('ML-DSA keys', () => {
  it.each(ML_DSA_TYPES)('the three forms of one %s key are that key', async (type) => {
    const key = generateMlDsaKey(type)
    const forms = mlDsaForms(type, key.export({ format: 'der', type: 'pkcs8' }))
    for (const [name, der] of Object.entries(forms)) {
      const { publicKey, signer } = await openKey(shop.write(`${type}.${name}`, der), undefined)
      await using own = signer
      expect(publicKey.equals(createPublicKey(key)), name).toBe(true)
      expect(own.algorithm).toMatchObject({ token: 'AWS4-X509-MLDSA', hash: null, keyType: type })
    }
  })

  it('certificate and key are found to be a pair, and no pair', async () => {
    const root = await createAuthority()
    const issued = await root.issue({ keyType: 'ml-dsa-65' })
    const files = {
      certificate: shop.write('client.pem', issued.certificatePem),
      privateKey: shop.write('client.key', issued.privateKeyPem),
    }
    await using identity = await loadFileIdentity(inFiles(files), recordingPorts())
    expect(identity.signer.algorithm.keyType).toBe('ml-dsa-65')
    const privateKey = shop.write('other.key', formsOf('ml-dsa-44').seed)
    const other = loadFileIdentity(inFiles({ ...files, privateKey }), recordingPorts())
    await expect(other).rejects.toMatchObject({ code: 'ERR_KEY_MISMATCH' })
  })

  it('without ML-DSA in Node the version that has it is named', () => {
    const { both } = formsOf('ml-dsa-44')
    const error = explainUnreadableKey(both, 'client.key', { supportsMlDsa: () => false })
    expect(error).toMatchObject({
      code: 'ERR_KEY_UNSUPPORTED',
      hint: 'use Node 24.6 or newer: it is the first with ML-DSA',
    })
    expect(error?.message).toContain(process.version)
  })
})
