/**
 * Certificate policies, as far as they decide anything here: no caller asks for a policy by name, so
 * they matter where a certificate of the path demands that some policy hold all the way.
 *
 * Of the standard's tree of policies only the lowest level is kept: with every policy welcome to the
 * caller, the tree is empty exactly when that level is. A level is a map, so equal policies meet and the
 * cost cannot explode.
 *
 * @see RFC 5280 section 6.1.3 (d) to (f), 6.1.4 (a), (b), (h) to (j), 6.1.5 (a), (b), (g)
 * @see RFC 9618, on why a tree is not to be built
 * @module
 */

import type { CertificateExtensions } from './extensions.ts'

export const ANY_POLICY = '2.5.29.32.0'

/** Policy → the policies that a certificate below may name to continue it. */
type Level = ReadonlyMap<string, ReadonlySet<string>>

export interface PolicyState {
  readonly level: Level
  /** How many certificates may still follow before each of these begins to hold. */
  readonly explicit: number
  readonly mapping: number
  readonly anyPolicy: number
}

/** For a path of `length` certificates below the trust anchor. */
export function initialPolicyState(length: number): PolicyState {
  const level = new Map([[ANY_POLICY, new Set([ANY_POLICY])]])
  return { level, explicit: length + 1, mapping: length + 1, anyPolicy: length + 1 }
}

export interface PolicyStep {
  readonly extensions: CertificateExtensions
  readonly selfIssued: boolean
  readonly isLeaf: boolean
}

/** The state below one certificate, or what is wrong: completes "the certificate …". */
export function nextPolicyState(state: PolicyState, step: PolicyStep): PolicyState | string {
  const level = nextLevel(state, step)
  const counted = step.isLeaf ? { ...state, level } : prepared({ ...state, level }, step)
  if (typeof counted === 'string') return counted
  const explicit = step.isLeaf ? leafExplicit(state.explicit, step) : state.explicit
  return explicit === 0 && level.size === 0
    ? 'has no certificate policy that holds all along the path, and one is demanded'
    : counted
}

function nextLevel({ level, anyPolicy }: PolicyState, step: PolicyStep): Level {
  const { policies } = step.extensions
  const next = new Map<string, ReadonlySet<string>>()
  if (policies === undefined) return next
  const expected = new Set([...level.values()].flatMap((policiesBelow) => [...policiesBelow]))
  for (const policy of policies) {
    if (policy === ANY_POLICY) continue
    if (expected.has(policy) || level.has(ANY_POLICY)) next.set(policy, new Set([policy]))
  }
  const anyCounts = anyPolicy > 0 || (!step.isLeaf && step.selfIssued)
  if (policies.includes(ANY_POLICY) && anyCounts) {
    for (const policy of expected) if (!next.has(policy)) next.set(policy, new Set([policy]))
  }
  return next
}

/** Mappings and counters, for the certificate below a CA. */
function prepared(state: PolicyState, step: PolicyStep): PolicyState | string {
  const {
    policyMappings = [],
    requireExplicitPolicy,
    inhibitPolicyMapping,
    inhibitAnyPolicy,
  } = step.extensions
  if (policyMappings.flat().includes(ANY_POLICY)) return 'maps from or to anyPolicy'
  const down = step.selfIssued ? 0 : 1
  const lowered = (counter: number, limit = Infinity): number =>
    Math.min(Math.max(counter - down, 0), limit)
  return {
    level: mapped(state, policyMappings),
    explicit: lowered(state.explicit, requireExplicitPolicy),
    mapping: lowered(state.mapping, inhibitPolicyMapping),
    anyPolicy: lowered(state.anyPolicy, inhibitAnyPolicy),
  }
}

function mapped(
  { level, mapping }: PolicyState,
  mappings: readonly (readonly [string, string])[],
): Level {
  const next = new Map(level)
  for (const issuerPolicy of new Set(mappings.map(([from]) => from))) {
    const hasAny = level.has(ANY_POLICY)
    if (!level.has(issuerPolicy) && !hasAny) continue
    if (mapping === 0) {
      next.delete(issuerPolicy)
      continue
    }
    const to = mappings.filter(([from]) => from === issuerPolicy).map(([, subject]) => subject)
    next.set(issuerPolicy, new Set(to))
  }
  return next
}

function leafExplicit(explicit: number, { extensions }: PolicyStep): number {
  // The last certificate counts itself, self-issued or not.
  return extensions.requireExplicitPolicy === 0 ? 0 : Math.max(explicit - 1, 0)
}
