/**
 * Whether a JSON value is a policy by IAM's grammar.
 *
 * @see IAM User Guide, "Grammar of the IAM JSON policy language"
 * @module
 */

type Json = Readonly<Record<string, unknown>>

/** What the grammar does not allow, in words; empty for a policy. */
export function problemsOfTrustPolicy(policy: unknown): readonly string[] {
  if (!isObject(policy)) return ['it is no object']
  const statements = listOf(policy['Statement'])
  return [
    ...unknownMembers(policy, ['Version', 'Id', 'Statement']),
    ...(policy['Version'] === '2012-10-17' ? [] : ['Version']),
    ...(statements.length === 0 ? ['Statement'] : []),
    ...statements.flatMap((one) => (isObject(one) ? problemsOfStatement(one) : ['a statement'])),
  ]
}

function problemsOfStatement(statement: Json): readonly string[] {
  const actions = listOf(statement['Action'])
  return [
    // A trust policy is about its own role, so it names no resource.
    ...unknownMembers(statement, ['Sid', 'Effect', 'Principal', 'Action', 'Condition']),
    ...(['Allow', 'Deny'].includes(String(statement['Effect'])) ? [] : ['Effect']),
    ...(actions.length > 0 && actions.every(isAction) ? [] : ['Action']),
    ...(isPrincipal(statement['Principal']) ? [] : ['Principal']),
    ...(isObject(statement['Condition']) ? problemsOfCondition(statement['Condition']) : []),
  ]
}

function problemsOfCondition(condition: Json): readonly string[] {
  return Object.entries(condition).flatMap(([operator, keys]) => [
    ...(OPERATOR.test(operator) ? [] : [`operator ${operator}`]),
    ...Object.entries(isObject(keys) ? keys : { '': undefined }).flatMap(([key, value]) => [
      ...(/^[a-z0-9-]+:[\w/:.-]+$/iu.test(key) ? [] : [`key ${key}`]),
      ...(listOf(value).every((one) => typeof one === 'string') ? [] : [`value of ${key}`]),
    ]),
  ])
}

const OPERATOR =
  /^(?:For(?:All|Any)Values:)?(?:String(?:Not)?(?:Equals|Like)(?:IgnoreCase)?|Arn(?:Not)?(?:Equals|Like)|Bool|Null|IpAddress|NotIpAddress|(?:Numeric|Date)\w+)(?:IfExists)?$/u

function isPrincipal(value: unknown): boolean {
  if (value === '*') return true
  return (
    isObject(value) &&
    Object.entries(value).every(
      ([kind, who]) =>
        ['AWS', 'Federated', 'Service', 'CanonicalUser'].includes(kind) &&
        listOf(who).length > 0 &&
        listOf(who).every((one) => typeof one === 'string'),
    )
  )
}

function isAction(value: unknown): boolean {
  return typeof value === 'string' && /^(?:\*|[a-z0-9-]+:[A-Za-z*?]+)$/u.test(value)
}

function unknownMembers(value: Json, known: readonly string[]): readonly string[] {
  return Object.keys(value).filter((name) => !known.includes(name))
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function listOf(value: unknown): readonly unknown[] {
  if (value === undefined) return []
  return Array.isArray(value) ? (value as readonly unknown[]) : [value]
}
