/**
 * Rows about certificate policies, all where some CA demands one: elsewhere they decide nothing.
 *
 * @module
 */

import { integer, sequence } from '../der.ts'
import {
  ANY_POLICY,
  extension,
  inhibitAnyPolicy,
  policies,
  policyConstraints,
  policyMappings,
  type Extension,
} from '../extensions.ts'
import type { EmulatorVerdict } from '../judges.ts'
import type { ChainRow } from '../row.ts'

const A = '1.2.3.4.1'
const B = '1.2.3.4.2'
const demand = policyConstraints({ explicit: 0 })
const NONE = 'untrusted-certificate'

function row(
  id: string,
  what: string,
  cas: readonly (readonly Extension[])[],
  leaf: readonly Extension[],
  emulator: EmulatorVerdict = 'accepted',
): ChainRow {
  return {
    id: `policy-${id}`,
    what,
    rule: '6.1.3 to 6.1.5',
    recipe: { cas: cas.map((extensions) => ({ with: extensions })), leaf: { with: leaf } },
    emulator,
  }
}

export const POLICY_ROWS: readonly ChainRow[] = [
  row('not-demanded', 'no policy, and none demanded', [[]], []),
  row('demanded', 'one policy all along, and one demanded', [[policies(A), demand]], [policies(A)]),
  row('missing-leaf', 'one demanded, and the leaf has none', [[policies(A), demand]], [], NONE),
  row('missing-ca', 'one demanded, and the CA has none', [[demand]], [policies(A)], NONE),
  row(
    'differs',
    'one demanded, and the leaf has another',
    [[policies(A), demand]],
    [policies(B)],
    NONE,
  ),
  row(
    'two-cas',
    'one policy over two CAs',
    [[policies(A, B), demand], [policies(B)]],
    [policies(B)],
  ),
  row(
    'two-cas-break',
    'two CAs without a policy in common',
    [[policies(A), demand], [policies(B)]],
    [policies(B)],
    NONE,
  ),
  row('any-ca', 'a CA for every policy', [[policies(ANY_POLICY), demand]], [policies(A)]),
  row('any-leaf', 'a leaf for every policy', [[policies(A), demand]], [policies(ANY_POLICY)]),
  row(
    'any-inhibited',
    'a leaf for every policy, where that is inhibited',
    [[policies(A), demand, inhibitAnyPolicy(0)]],
    [policies(ANY_POLICY)],
    NONE,
  ),
  row(
    'any-inhibited-later',
    'the same, where it is inhibited one certificate later',
    [[policies(A), demand, inhibitAnyPolicy(1)]],
    [policies(ANY_POLICY)],
  ),
  row(
    'explicit-1',
    'one demanded from the second certificate on, and the leaf has none',
    [[policies(A), policyConstraints({ explicit: 1 })]],
    [],
    NONE,
  ),
  row(
    'explicit-2',
    'one demanded from the third certificate on, and there is none',
    [[policies(A), policyConstraints({ explicit: 2 })]],
    [],
  ),
  row('leaf-demands', 'a leaf that demands one and has none', [[]], [demand], NONE),
  row(
    'leaf-demands-has',
    'a leaf that demands one and has it',
    [[policies(A)]],
    [demand, policies(A)],
  ),
  row(
    'mapped',
    "a policy mapped to the leaf's",
    [[policies(A), demand, policyMappings([A, B])]],
    [policies(B)],
  ),
  row(
    'mapped-away',
    "a policy mapped away from the leaf's",
    [[policies(A), demand, policyMappings([A, B])]],
    [policies(A)],
    NONE,
  ),
  row(
    'mapped-any',
    'a policy mapped under a CA for every policy',
    [[policies(ANY_POLICY), demand, policyMappings([A, B])]],
    [policies(B)],
  ),
  row(
    'mapping-inhibited',
    'a mapping where mapping is inhibited',
    [
      [policies(A), demand, policyConstraints({ mapping: 0 })],
      [policies(A), policyMappings([A, B])],
    ],
    [policies(B)],
    NONE,
  ),
  row(
    'mapping-to-any',
    'a mapping to anyPolicy',
    [[policies(A), policyMappings([A, ANY_POLICY])]],
    [policies(A)],
    NONE,
  ),
  row(
    'mapping-from-any',
    'a mapping from anyPolicy',
    [[policies(A), policyMappings([ANY_POLICY, A])]],
    [policies(A)],
    NONE,
  ),
  {
    ...row(
      'lenient',
      'one demanded and missing, with `--lenient policies`',
      [[policies(A), demand]],
      [],
    ),
    lenient: ['policies'],
  },
  row(
    'constraints-empty',
    'policyConstraints without any',
    [[extension('2.5.29.36', sequence(), true)]],
    [],
    'unreadable',
  ),
  row(
    'inhibit-negative',
    'inhibitAnyPolicy of -1',
    [[extension('2.5.29.54', integer(-1), true)]],
    [],
    'unreadable',
  ),
  row(
    'explosion',
    'sixteen policies mapped crosswise over four CAs',
    Array.from({ length: 4 }, () => [policies(...numbered()), policyMappings(...crosswise())]),
    [policies(...numbered())],
  ),
]

function numbered(): readonly string[] {
  return Array.from({ length: 16 }, (_, index) => `1.2.3.5.${index}`)
}

function crosswise(): readonly (readonly [string, string])[] {
  return numbered().flatMap((from) => numbered().map((to) => [from, to] as const))
}
