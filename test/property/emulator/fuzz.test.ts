/**
 * Seeded mutations of everything that a client or an operator hands to the emulator (more with FUZZ=):
 * each ends in a verdict or in a named refusal, never in an internal error, and within a second.
 */

import { beforeAll, describe, expect, it } from 'vitest'
import { createFaultPlan } from '../../../src/emulator/faults.ts'
import { parseCertificate, type Certificate } from '../../../src/emulator/pkix/certificate.ts'
import {
  parseRevocationList,
  type RevocationList,
} from '../../../src/emulator/pkix/revocation-list.ts'
import { createTrustAnchor, type TrustAnchor } from '../../../src/emulator/pkix/trust-anchor.ts'
import { pathFault } from '../../../src/emulator/pkix/validate-path.ts'
import { MalformedRequest, parseRawRequest } from '../../../src/emulator/raw-request.ts'
import { createRespond } from '../../../src/emulator/respond.ts'
import { createAuthority, type Authority } from '../../../src/emulator/throwaway-pki.ts'
import { CHAIN_ROWS } from '../../conformance/chain-table.ts'
import { makeChain } from '../../conformance/make-chain.ts'
import { mutate, seededRandom } from '../../support/mutate.ts'
import { signRequest, wireBytes } from '../../support/pki-request.ts'

const RUNS = Number(process.env['FUZZ'] ?? 3000)
const LIMIT_MS = Math.max(60_000, RUNS * 10)
const SEED = 20_261_124
const NOW = Date.parse('2026-11-22T10:00:00Z')

/** Tries mutations of the samples in turn; counts what `judge` makes of them. */
async function fuzz(
  samples: readonly Buffer[],
  judge: (bytes: Buffer) => string | Promise<string>,
): Promise<ReadonlyMap<string, number>> {
  const random = seededRandom(SEED)
  const seen = new Map<string, number>()
  let slowestMs = 0
  for (let run = 0; run < RUNS; run += 1) {
    const bytes = mutate(samples[run % samples.length]!, random)
    const startedAt = performance.now()
    let verdict: string
    try {
      verdict = await judge(bytes)
    } catch (error) {
      throw new Error(`run ${run}: ${bytes.toString('hex')}`, { cause: error })
    }
    slowestMs = Math.max(slowestMs, performance.now() - startedAt)
    seen.set(verdict, (seen.get(verdict) ?? 0) + 1)
  }
  expect(slowestMs).toBeLessThan(1000)
  return seen
}

let root: Authority
let anchor: TrustAnchor

beforeAll(async () => {
  root = await createAuthority()
  anchor = await createTrustAnchor(root.certificatePem)
})

describe('mutations', () => {
  // Signatures are left out of account: a damaged certificate would never come further.
  it('of certificates, each in a path as the leaf and as a CA', { timeout: LIMIT_MS }, async () => {
    const chains = CHAIN_ROWS.filter(({ id }) => /^(?:nc|policy|eku|san|length)-/.test(id)).map(
      ({ recipe }) => makeChain(recipe),
    )
    const samples = chains.flatMap(({ leaf, sent }) => [leaf, ...sent])
    const whole = makeChain({ cas: [{}] })
    const [top, ca, leaf] = [whole.anchor, whole.sent[0]!, whole.leaf].map(parseCertificate)
    const seen = await fuzz(samples, (bytes) => {
      let certificate: Certificate
      try {
        certificate = parseCertificate(bytes)
      } catch {
        return 'unreadable'
      }
      const faults = [
        pathFault([certificate, ca!, top!], anchor, NOW),
        pathFault([leaf!, certificate, top!], anchor, NOW),
      ]
      return faults.map((fault) => fault?.refusal.kind ?? 'accepted').join(' ')
    })
    expect(seen.size).toBeGreaterThan(4)
  })

  it('of revocation lists', { timeout: LIMIT_MS }, async () => {
    const samples = CHAIN_ROWS.filter(({ id }) => id.startsWith('crl-'))
      .flatMap(({ recipe }) => makeChain(recipe).lists)
      .filter((list) => list.length < 4096)
    const { anchor: signer } = makeChain({})
    const authority = parseCertificate(signer)
    const seen = await fuzz(samples, async (bytes) => {
      let list: RevocationList
      try {
        list = parseRevocationList(bytes)
      } catch {
        return 'unreadable'
      }
      return (await list.isSignedBy(authority)) ? 'signed' : 'not signed'
    })
    expect([...seen.keys()]).toEqual(expect.arrayContaining(['unreadable', 'not signed']))
  })

  it('of requests', { timeout: LIMIT_MS }, async () => {
    const leaf = await root.issue()
    const ca = await root.issueAuthority()
    const below = await ca.issue({ keyType: 'rsa' })
    const samples = [
      signRequest({ ...leaf, at: NOW }),
      signRequest({ ...below, at: NOW, chainPem: [ca.certificatePem] }),
    ].map(wireBytes)
    const respond = createRespond({
      anchor,
      resources: {},
      limits: { acceptRoleSessionName: true, profileDuration: 3600, maxSessionDuration: 3600 },
      region: undefined,
      clock: () => NOW,
      faults: createFaultPlan([]),
      onSession: () => undefined,
      onRequest: () => undefined,
    })
    const seen = await fuzz(samples, (bytes) => {
      try {
        const next = parseRawRequest(bytes)
        return next === undefined ? 'incomplete' : String(respond(next.request).status)
      } catch (error) {
        if (error instanceof MalformedRequest) return String(respond(error).status)
        throw error
      }
    })
    expect([...seen.keys()]).toEqual(expect.arrayContaining(['400', '403', 'incomplete']))
    expect(seen.get('500')).toBeUndefined()
  })
})
