/**
 * Name constraints: what a CA may name, and whether a certificate below it keeps to that.
 *
 * Every CA of a path adds its own; permitted subtrees thereby intersect, excluded ones add up. Excluded
 * is asked first. A name of a form that is constrained and cannot be compared here is refused, as the
 * standard demands, and so is a name of a constrained form that is not well-formed.
 *
 * @see RFC 5280 sections 4.2.1.10, 6.1.3 (b) and (c), 6.1.4 (g)
 * @module
 */

import { isContext, readSequence, type DerNode } from './der.ts'
import { describeName, toGeneralName, type GeneralName } from './general-names.ts'
import { isValidBase, isValidName, isWithinBase } from './name-forms.ts'

export interface NameConstraints {
  readonly permitted: readonly GeneralName[]
  readonly excluded: readonly GeneralName[]
}

/** Names times subtrees on one path. Real certificates need a few hundred. */
const MAX_COMPARISONS = 50_000

/** @throws {Error} When the extension breaks its own rules, such as being empty. */
export function readNameConstraints(value: Uint8Array): NameConstraints {
  const parts = [...readSequence(value)]
  const permitted = isContext(parts[0], 0) ? subtrees(parts.shift()) : []
  const excluded = isContext(parts[0], 1) ? subtrees(parts.shift()) : []
  if (parts.length > 0) throw new Error('more than permitted and excluded subtrees')
  if (permitted.length + excluded.length === 0) throw new Error('no subtree at all')
  return { permitted, excluded }
}

function subtrees(list: DerNode | undefined): readonly GeneralName[] {
  const children = list?.children ?? []
  if (children.length === 0) throw new Error('an empty list of subtrees')
  return children.map((subtree) => {
    const [base, ...distances] = subtree.children
    if (base === undefined) throw new Error('a subtree without a base')
    const withoutDistance = distances.every(
      (node) => isContext(node, 0) && node.content.equals(ZERO),
    )
    if (!withoutDistance) throw new Error('a subtree with a distance, which no profile allows')
    const name = toGeneralName(base)
    if (!isValidBase(name)) throw new Error(`${describeName(name)} is no base of a subtree`)
    return name
  })
}

/**
 * What is wrong with `names` under the constraints of all CAs above, or undefined.
 *
 * Completes "the certificate …".
 */
export function brokenConstraint(
  names: readonly GeneralName[],
  constraints: readonly NameConstraints[],
): string | undefined {
  const bases = constraints.reduce(
    (sum, { permitted, excluded }) => sum + permitted.length + excluded.length,
    0,
  )
  if (names.length * bases > MAX_COMPARISONS) {
    return `has ${names.length} names under ${bases} constraints, more than are compared here`
  }
  const excluded = constraints.flatMap((constraint) => constraint.excluded)
  return (
    firstOf(names, (name) => exclusion(name, excluded)) ??
    firstOf(names, (name) => firstOf(constraints, ({ permitted }) => noPermission(name, permitted)))
  )
}

function exclusion(name: GeneralName, excluded: readonly GeneralName[]): string | undefined {
  const bases = excluded.filter(({ kind }) => kind === name.kind)
  if (bases.length === 0) return undefined
  if (!isValidName(name)) return incomparable(name)
  return bases.some((base) => isWithinBase(name, base))
    ? `has the name ${describeName(name)}, which a name constraint excludes`
    : undefined
}

/** A CA that permits nothing of a form does not limit that form. */
function noPermission(name: GeneralName, permitted: readonly GeneralName[]): string | undefined {
  const bases = permitted.filter(({ kind }) => kind === name.kind)
  if (bases.length === 0) return undefined
  if (!isValidName(name)) return incomparable(name)
  return bases.some((base) => isWithinBase(name, base))
    ? undefined
    : `has the name ${describeName(name)}, which no name constraint permits`
}

function incomparable(name: GeneralName): string {
  return `has the name ${describeName(name)}, which cannot be held against a name constraint`
}

function firstOf<T>(
  items: readonly T[],
  problemOf: (item: T) => string | undefined,
): string | undefined {
  for (const item of items) {
    const problem = problemOf(item)
    if (problem !== undefined) return problem
  }
  return undefined
}

const ZERO = Buffer.from([0])
