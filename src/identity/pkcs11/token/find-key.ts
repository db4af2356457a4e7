/**
 * Finds the private key for a certificate among tokens, with the one login that finding or using it
 * takes.
 *
 * @see protocol-facts.md 9.3
 * @module
 */

import { RolesAnywhereError } from '../../../core/errors.ts'
import { describePkcs11Uri } from '../../../core/pkcs11-uri.ts'
import { says, setting } from '../../../core/wording.ts'
import { CKM } from '../cryptoki.ts'
import type { KeyObjectInfo } from '../host-protocol.ts'
import { chooseKey, type KeyChoice, type KeyCriteria } from './choose-key.ts'
import { meantIdHint, objectUri } from './token-uri.ts'
import type { Token } from './token.ts'

/** A private key, and the token that it is on. */
export interface FoundKey {
  readonly key: KeyObjectInfo
  readonly token: Token
}

/**
 * Looks without a login first; logs in where the one token hides its keys, or where using the key
 * will need it.
 *
 * @throws {RolesAnywhereError} ERR_TOKEN_OBJECT_NOT_FOUND, ERR_TOKEN_AMBIGUOUS, ERR_KEY_MISMATCH,
 *   ERR_TOKEN_PIN_*.
 */
export async function findKey(tokens: readonly Token[], criteria: KeyCriteria): Promise<FoundKey> {
  const choices = await Promise.all(
    tokens.map(async (token) => ({ token, choice: chooseKey(await token.objects(), criteria) })),
  )
  const found = choices.flatMap(({ token, choice }) =>
    choice.kind === 'found' ? [{ token, key: choice.key }] : [],
  )
  const [first] = found
  if (found.length > 1) throw onSeveralTokens(found, criteria)
  if (first !== undefined) {
    if (first.key.isPrivate && first.token.requiresLogin) await first.token.logIn()
    return first
  }
  const [only] = choices
  if (only === undefined || choices.length > 1) throw onNoToken(tokens, criteria)
  const { token } = only
  let { choice } = only
  if (choice.kind === 'none') await checkMechanism(token, criteria)
  if (choice.kind === 'none' && !token.isLoggedIn) {
    await token.logIn()
    choice = chooseKey(await token.objects(), criteria)
  }
  if (choice.kind === 'found') return { token, key: choice.key }
  throw notUsable(choice, token, criteria)
}

/** Before a PIN is asked for: no login brings a key that the module knows nothing of. */
async function checkMechanism(token: Token, { publicKey }: KeyCriteria): Promise<void> {
  if (publicKey?.asymmetricKeyType?.startsWith('ml-dsa') !== true) return
  if ((await token.mechanisms()).includes(CKM.ML_DSA)) return
  const { path, info } = token.module
  throw new RolesAnywhereError(
    'ERR_KEY_UNSUPPORTED',
    `the certificate has an ML-DSA key, and ${token.name} cannot sign with one: the module "${path}" ` +
      `(${info.description}) does not list the mechanism CKM_ML_DSA`,
    { hint: 'ML-DSA came with PKCS#11 3.2: use a module that has it, or a key file' },
  )
}

function notUsable(
  choice: Exclude<KeyChoice, { kind: 'found' }>,
  token: Token,
  criteria: KeyCriteria,
): RolesAnywhereError {
  const keys = choice.kind === 'none' ? [] : choice.keys
  const candidates = keys.map((key) => objectUri(token.info, key, 'private'))
  const idHint =
    choice.kind === 'none' && criteria.isExplicit ? meantIdHint(criteria.uri) : undefined
  const options = { hint: idHint ?? NAME_THE_KEY, detail: { candidates } }
  switch (choice.kind) {
    case 'none':
      return new RolesAnywhereError(
        'ERR_TOKEN_OBJECT_NOT_FOUND',
        `${token.name} has no private key that ` +
          (criteria.isExplicit
            ? `matches ${describePkcs11Uri(criteria.uri)} and may sign`
            : 'belongs to the certificate and may sign'),
        options,
      )
    case 'mismatch':
      return new RolesAnywhereError(
        'ERR_KEY_MISMATCH',
        `the private key on ${token.name} does not belong to the certificate: ` +
          candidates.join(', '),
        options,
      )
    case 'ambiguous':
      return new RolesAnywhereError(
        'ERR_TOKEN_AMBIGUOUS',
        `several private keys on ${token.name} match: ${candidates.join(', ')}`,
        options,
      )
  }
}

const NAME_THE_KEY = says`name the key with ${setting('privateKey')} and a pkcs11 URI`

function onSeveralTokens(found: readonly FoundKey[], criteria: KeyCriteria): RolesAnywhereError {
  const candidates = found.map(({ token, key }) => objectUri(token.info, key, 'private'))
  return new RolesAnywhereError(
    'ERR_TOKEN_AMBIGUOUS',
    `${describePkcs11Uri(criteria.uri)} matches keys on several tokens: ${candidates.join(', ')}`,
    { hint: NAME_THE_KEY, detail: { candidates } },
  )
}

function onNoToken(tokens: readonly Token[], criteria: KeyCriteria): RolesAnywhereError {
  return new RolesAnywhereError(
    'ERR_TOKEN_AMBIGUOUS',
    `several tokens match ${describePkcs11Uri(criteria.uri)}, and none shows the key without a ` +
      `login: ${tokens.map(({ name }) => name).join(', ')}`,
    { hint: 'name one token in the URI with token= or serial=: no PIN is sent to a guess' },
  )
}
