import { X509Certificate } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { createAuthority, type Authority } from '../../../../src/emulator/throwaway-pki.ts'
import {
  leavesAmong,
  longestLasting,
} from '../../../../src/identity/certificate/choose-certificate.ts'

const parse = ({ certificatePem }: { certificatePem: string }): X509Certificate =>
  new X509Certificate(certificatePem)
const names = (certificates: readonly X509Certificate[]): string[] =>
  certificates.map(({ subject }) => subject)

let root: Authority
beforeAll(async () => {
  root = await createAuthority({ subject: 'CN=Root' })
})

describe('a leaf', () => {
  it('is no CA certificate, even if nothing here was issued by that', async () => {
    const stranger = await createAuthority({ subject: 'CN=Stranger' })
    const leaf = await root.issue({ subject: 'CN=leaf' })
    const found = leavesAmong([stranger, leaf, root].map(parse))
    expect(names(found)).toEqual(['CN=leaf'])
  })

  it('has issued none of the others, even if it does not say that it is a CA', async () => {
    const old = await createAuthority({ subject: 'CN=old root', isCa: false })
    const leaf = await old.issue({ subject: 'CN=leaf' })
    expect(names(leavesAmong([old, leaf].map(parse)))).toEqual(['CN=leaf'])
  })

  it('is every one of several, in their order', async () => {
    const both = [await root.issue({ subject: 'CN=b' }), await root.issue({ subject: 'CN=a' })]
    expect(names(leavesAmong([root, ...both].map(parse)))).toEqual(['CN=b', 'CN=a'])
  })

  it('that signed itself is one beside its renewal and a CA certificate too', async () => {
    const own = { subject: 'CN=own', isCa: false }
    const first = await createAuthority(own)
    const renewed = await createAuthority({ ...own, privateKeyPem: first.privateKeyPem })
    expect(names(leavesAmong([first, renewed, root].map(parse)))).toEqual(['CN=own', 'CN=own'])
  })

  it('of CA certificates alone is the lowest', async () => {
    const lower = await root.issueAuthority({ subject: 'CN=Lower' })
    expect(names(leavesAmong([root, lower].map(parse)))).toEqual(['CN=Lower'])
    expect(leavesAmong([])).toEqual([])
  })
})

describe('of several certificates', () => {
  it('the valid one that lasts longest is taken, whatever their order', async () => {
    const make = async (from: string, to: string): Promise<X509Certificate> =>
      parse(await root.issue({ notBefore: new Date(from), notAfter: new Date(to) }))
    const expired = await make('2020-01-01', '2025-01-01')
    const short = await make('2020-01-01', '2027-01-01')
    const long = await make('2020-01-01', '2030-01-01')
    const future = await make('2028-01-01', '2045-01-01')
    const now = Date.UTC(2026, 0, 1)
    for (const order of [
      [expired, short, long, future],
      [future, long, short, expired],
    ]) {
      expect(longestLasting(order, now)).toBe(long)
    }
    expect(longestLasting([expired, future], now)).toBe(future)
    expect(longestLasting([], now)).toBeUndefined()
  })
})
