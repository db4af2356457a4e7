/**
 * What can be found here about a refusal of AWS: the doctor's checks of certificate and chain, as the end
 * of the hint.
 *
 * @module
 */

import { RolesAnywhereError } from '../core/errors.ts'
import type { CertificateLocation } from '../core/key-location.ts'
import type { Clock, Identity } from '../core/ports.ts'
import { joined, says, type Wording } from '../core/wording.ts'
import { CERTIFICATE_CHECKS } from './certificate-checks.ts'
import { certificateFacts } from './certificate-facts.ts'
import { CHAIN_CHECKS } from './chain-checks.ts'
import { judgeAll, type Finding } from './check.ts'
import { issuersNearby } from './issuers-nearby.ts'
import { topicOf } from './service-checks.ts'

export interface RefusedSession {
  readonly identity: Pick<Identity, 'certificate' | 'chain'>
  readonly certificate: CertificateLocation
  readonly clock: Clock
}

/** The error with what was found; the error itself where nothing was. */
export async function withFindings(
  error: RolesAnywhereError,
  refused: RefusedSession,
): Promise<RolesAnywhereError> {
  const topic = topicOf(error)
  const findings =
    topic === 'certificate' || topic === 'role' || topic === 'access'
      ? (await examine(error, refused)).filter(
          ({ id }) => topic !== 'role' || ABOUT_ROLES.includes(id),
        )
      : []
  if (findings.length === 0) return error
  const found = joined(findings.map(inOneClause), '; ')
  const { message, hint } = error.wording
  return new RolesAnywhereError(error.code, message, {
    hint: hint === undefined ? says`found here: ${found}` : says`${hint}; found here: ${found}`,
    detail: { ...error.detail, findings: findings.map(({ id }) => id) },
    cause: error.cause,
  })
}

/** What a role's trust policy can see of a certificate. */
const ABOUT_ROLES: readonly string[] = ['certificate-tag-characters', 'certificate-tag-length']

/** Everything but what AWS does not ask for, problems first. */
async function examine(
  error: RolesAnywhereError,
  { identity, certificate, clock }: RefusedSession,
): Promise<readonly Finding[]> {
  const { certificate: leaf, chain } = identity
  const now = clock()
  const nearby = await issuersNearby(
    chain.at(-1) ?? leaf,
    chain,
    certificate.kind === 'path' ? [certificate.path] : [],
  )
  const isUntrusted = /untrusted signing certificate/iu.test(error.message)
  const findings = [
    ...judgeAll(CERTIFICATE_CHECKS, { ...certificateFacts(leaf), now }),
    ...judgeAll(CHAIN_CHECKS, {
      ...{ failures: [], leaf, given: [], nearby, now },
      chain: chain.map(certificateFacts),
      // A file that has it says more.
      isUntrusted: isUntrusted && nearby.length === 0,
    }),
  ]
  const rank = ({ status }: Finding): number => (status === 'problem' ? 0 : 1)
  return findings
    .filter(
      ({ status, id }) => (status === 'problem' || status === 'warning') && !UNASKED.includes(id),
    )
    .toSorted((one, other) => rank(one) - rank(other))
}

const UNASKED: readonly string[] = ['certificate-extended-key-usage', 'certificate-renewal']

function inOneClause({ id, found, next }: Finding): Wording {
  return next === undefined ? says`${found} (${id})` : says`${found} (${id}): ${next}`
}
