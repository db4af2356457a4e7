/** The selector files that the reference helper keeps for its tests. */

import { readdirSync } from 'node:fs'
import { expect, it } from 'vitest'
import { readCertificateSelector } from '../../src/identity/certificate/certificate-selector.ts'
import { VECTORS } from './vectors.ts'

const folder = new URL('aws-helper-tst/selectors/', VECTORS)

it.each(readdirSync(folder))('%s', async (name) => {
  const read = readCertificateSelector(`file://${new URL(name, folder).pathname}`)
  if (name.startsWith('invalid')) {
    await expect(read).rejects.toMatchObject({ code: 'ERR_USAGE_INVALID_VALUE' })
  } else {
    const selector = await read
    expect(selector.serialNumber).toBe(0x15d19632234bf759a32802c0da88f9e8afc8702dn)
    expect('issuer' in selector).toBe(name.includes('all'))
  }
})
