import { X509Certificate } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { createAuthority, type Authority } from '../../../../src/emulator/throwaway-pki.ts'
import { buildChain } from '../../../../src/identity/certificate/certificate-chain.ts'
import { recordingPorts } from '../recording-ports.ts'

const parse = ({ certificatePem }: { certificatePem: string }): X509Certificate =>
  new X509Certificate(certificatePem)

describe('buildChain', () => {
  let root: Authority
  let upper: Authority
  let lower: Authority
  let leaf: X509Certificate

  beforeAll(async () => {
    root = await createAuthority()
    upper = await root.issueAuthority({ subject: 'CN=Upper' })
    lower = await upper.issueAuthority({ subject: 'CN=Lower' })
    leaf = parse(await lower.issue())
  })

  const fingerprints = (chain: readonly X509Certificate[]): string[] =>
    chain.map(({ fingerprint256 }) => fingerprint256)

  it('puts every order of a bundle right, and drops leaf, root and duplicates', () => {
    const ports = recordingPorts()
    const all = [leaf, parse(lower), parse(upper), parse(root), parse(upper)]
    const expected = fingerprints([parse(lower), parse(upper)])
    for (const order of permutations(all)) {
      expect(fingerprints(buildChain(leaf, order, ports))).toEqual(expected)
    }
    expect(ports.warnings).toEqual([])
  })

  it('ends where the bundle ends', () => {
    const ports = recordingPorts()
    expect(buildChain(leaf, [], ports)).toEqual([])
    expect(fingerprints(buildChain(leaf, [parse(lower)], ports))).toEqual(
      fingerprints([parse(lower)]),
    )
    expect(ports.warnings).toEqual([])
  })

  it('leaves out what is above a gap and what is of another house, and says so', async () => {
    const ports = recordingPorts()
    const foreign = await createAuthority()
    const stranger = await foreign.issueAuthority({ subject: 'CN=Stranger' })
    const chain = buildChain(leaf, [parse(upper), parse(stranger), parse(foreign)], ports)
    expect(chain).toEqual([])
    expect(ports.warnings).toHaveLength(1)
    expect(ports.warnings[0]).toContain('"CN=Upper"; "CN=Stranger"')
  })

  it('goes by the signature, not by the name', async () => {
    const ports = recordingPorts()
    const namesake = await root.issueAuthority({ subject: 'CN=Lower' })
    const chain = buildChain(leaf, [parse(namesake), parse(lower)], ports)
    expect(fingerprints(chain)).toEqual(fingerprints([parse(lower)]))
    expect(ports.warnings[0]).toContain('CN=Lower')
  })

  it('of renewed certificates for one issuer takes the valid one that lasts longest', async () => {
    const { privateKeyPem } = lower
    const make = (notBefore: string, notAfter: string): Promise<Authority> =>
      upper.issueAuthority({
        subject: 'CN=Lower',
        privateKeyPem,
        notBefore: new Date(notBefore),
        notAfter: new Date(notAfter),
      })
    const expired = await make('2020-01-01', '2025-01-01')
    const short = await make('2020-01-01', '2027-01-01')
    const long = await make('2020-01-01', '2030-01-01')
    const future = await make('2028-01-01', '2045-01-01')
    for (const order of permutations([expired, short, long, future].map(parse))) {
      const chain = buildChain(leaf, order, recordingPorts())
      expect(fingerprints(chain)).toEqual(fingerprints([parse(long)]))
    }
    const past = buildChain(leaf, [parse(expired)], recordingPorts())
    expect(fingerprints(past)).toEqual(fingerprints([parse(expired)]))
  })

  describe('of an authority that others cross-signed', () => {
    const until = (year: number): { notAfter: Date } => ({ notAfter: new Date(`${year}-01-01`) })

    it('takes the path that ends at a root, though another certificate lasts longer', async () => {
      const bridge = await createAuthority({ subject: 'CN=Bridge' })
      const own = await root.issueAuthority({ subject: 'CN=Issuing', ...until(2030) })
      const names = { subject: 'CN=Issuing', privateKeyPem: own.privateKeyPem }
      const cross = await bridge.issueAuthority({ ...names, ...until(2040) })
      const client = parse(await own.issue())
      for (const order of permutations([own, cross, root].map(parse))) {
        const ports = recordingPorts()
        expect(fingerprints(buildChain(client, order, ports))).toEqual(fingerprints([parse(own)]))
        expect(ports.warnings).toEqual([])
      }
    })

    it('without any root takes the path that uses most of what was given', async () => {
      const bridge = await createAuthority({ subject: 'CN=Bridge' })
      const own = await upper.issueAuthority({ subject: 'CN=Issuing', ...until(2030) })
      const names = { subject: 'CN=Issuing', privateKeyPem: own.privateKeyPem }
      const cross = await bridge.issueAuthority({ ...names, ...until(2040) })
      const client = parse(await own.issue())
      for (const order of permutations([own, cross, upper].map(parse))) {
        const chain = buildChain(client, order, recordingPorts())
        expect(fingerprints(chain)).toEqual(fingerprints([own, upper].map(parse)))
      }
    })

    it('prefers a path that is valid now to one that ends at a root', async () => {
      const own = await root.issueAuthority({ subject: 'CN=Issuing', ...until(2025) })
      const bridge = await createAuthority({ subject: 'CN=Bridge' })
      const names = { subject: 'CN=Issuing', privateKeyPem: own.privateKeyPem }
      const cross = await bridge.issueAuthority({ ...names, ...until(2040) })
      const chain = buildChain(
        parse(await own.issue()),
        [own, cross, root].map(parse),
        recordingPorts(),
      )
      expect(fingerprints(chain)).toEqual(fingerprints([parse(cross)]))
    })

    it('goes in no circle where two have signed each other', async () => {
      const one = await root.issueAuthority({ subject: 'CN=One' })
      const other = await one.issueAuthority({ subject: 'CN=Other' })
      const oneByOther = await other.issueAuthority({
        subject: 'CN=One',
        privateKeyPem: one.privateKeyPem,
        ...until(2060),
      })
      const client = parse(await one.issue())
      for (const above of [[], [root]]) {
        const others = [other, oneByOther, one, ...above].map(parse)
        const chain = buildChain(client, others, recordingPorts())
        expect(fingerprints(chain)).toEqual(fingerprints([parse(one)]))
      }
      // With nothing else there is no better way.
      const chain = buildChain(client, [other, oneByOther].map(parse), recordingPorts())
      expect(fingerprints(chain)).toEqual(fingerprints([oneByOther, other].map(parse)))
    })

    it('is done soon, however many certificates it has', async () => {
      const levels = ['A', 'B', 'C', 'D', 'E']
      const pool: X509Certificate[] = []
      let below = root
      for (const name of levels) {
        const first = await below.issueAuthority({ subject: `CN=${name}` })
        const again = { subject: `CN=${name}`, privateKeyPem: first.privateKeyPem }
        const twins = Array.from({ length: 7 }, async () => below.issueAuthority(again))
        pool.push(parse(first), ...(await Promise.all(twins)).map(parse))
        below = first
      }
      // 8^5 paths upwards, and no root among them.
      expect(buildChain(parse(await below.issue()), pool, recordingPorts())).toHaveLength(5)
    })
  })

  it('takes five intermediates, and refuses six', async () => {
    const links: Authority[] = []
    let last = root
    for (let depth = 1; depth <= 6; depth += 1) {
      last = await last.issueAuthority({ subject: `CN=Level ${depth}` })
      links.push(last)
    }
    const others = links.map(parse)
    const fifth = parse(await links[4]!.issue())
    expect(buildChain(fifth, others.slice(0, 5), recordingPorts())).toHaveLength(5)
    const sixth = parse(await links[5]!.issue())
    expect(() => buildChain(sixth, others, recordingPorts())).toThrow(
      expect.objectContaining({ code: 'ERR_CONFIG_CHAIN_INVALID' }) as Error,
    )
  })

  it('a leaf that signed itself has no chain', async () => {
    const own = parse(await createAuthority({ isCa: false, subject: 'CN=own' }))
    expect(buildChain(own, [own], recordingPorts())).toEqual([])
  })
})

function permutations<T>(items: readonly T[]): readonly (readonly T[])[] {
  if (items.length <= 1) return [items]
  return items.flatMap((item, index) =>
    permutations(items.toSpliced(index, 1)).map((rest) => [item, ...rest]),
  )
}
