/**
 * The token: module, presence, PIN, and what lies on it. Looked at without a login.
 *
 * @see user-pain rows 13, 20 to 22 and 44
 * @module
 */

import type { RolesAnywhereError } from '../core/errors.ts'
import { says, setting } from '../core/wording.ts'
import type { Signer } from '../core/ports.ts'
import type { ListedKey, ListedToken, TokenListing } from '../identity/pkcs11/token/list-tokens.ts'
import { ok, problem, skipped, warning, type Checks, type Verdict } from './check.ts'
import { told } from './failures.ts'

export interface TokenCheckFacts {
  readonly failures: readonly RolesAnywhereError[]
  /** Undefined where it could not be looked at: then there is a failure that says why. */
  readonly listing: TokenListing | undefined
  /** Undefined where the identity could not be opened. */
  readonly signer: Signer | undefined
  /** Whether the certificate is meant to be on the token too. */
  readonly isCertificateThere: boolean
  readonly reusesPin: boolean
}

export const TOKEN_CHECKS: Checks<TokenCheckFacts> = {
  'token-module': {
    title: 'module',
    otherwise: 'Without a module that loads, no token can be seen.',
    family: 'key',
    judge: (facts) =>
      told('token-module', facts) ??
      ifListed(facts, ({ modules }) => ok(modules.map(({ path }) => path).join(', ') || 'none')),
  },
  'token-present': {
    title: 'token',
    otherwise: 'Nothing can be signed until it is plugged in, and is the only one that is meant.',
    family: 'key',
    judge: (facts) =>
      told('token-present', facts) ??
      ifListed(facts, (listing) =>
        ok(
          tokensOf(listing)
            .map(({ uri }) => uri)
            .join(', '),
        ),
      ),
  },
  'token-pin': {
    title: 'PIN',
    otherwise: 'The key cannot be used; an SDK that starts this program has no terminal to ask on.',
    family: 'key',
    judge: (facts) =>
      told('token-pin', facts) ?? ifListed(facts, () => ok('accepted, or not asked for')),
  },
  'token-pin-tries': {
    title: 'tries left',
    otherwise: 'One wrong PIN too many locks the token for good.',
    family: 'key',
    judge: (facts) =>
      told('token-pin-tries', facts) ??
      ifListed(facts, (listing) => {
        const states = tokensOf(listing).flatMap(({ pinState }) => pinState.filter(isAboutTries))
        return states.length === 0
          ? ok('no wrong PIN since the last login')
          : warning(states.join('; '), 'log in once with the right PIN, such as by pkcs11 list')
      }),
  },
  'token-objects': {
    title: 'objects',
    otherwise: 'The URI names what the token does not have, or does not show without a login.',
    family: 'key',
    judge: (facts) =>
      told('token-objects', facts) ??
      ifListed(facts, (listing) => {
        const tokens = tokensOf(listing)
        const count = (of: (token: ListedToken) => readonly unknown[]): number =>
          tokens.flatMap(of).length
        const certificates = count((token) => token.certificates)
        return ok(
          `${certificates} certificates and ${count((token) => token.keys)} keys are visible`,
        )
      }),
  },
  'token-certificate': {
    title: 'certificate next to key',
    otherwise: 'Tools that take both from the token do not find the certificate.',
    family: 'key',
    judge: (facts) => {
      if (!facts.isCertificateThere) return skipped('the certificate comes from elsewhere')
      if (facts.signer !== undefined) return ok('both are there')
      return ifListed(facts, (listing) => {
        const bare = tokensOf(listing).filter(({ certificates }) => certificates.length === 0)
        return bare.length === 0
          ? ok('a certificate is there')
          : problem(
              `${bare.map(({ uri }) => uri).join(', ')} shows no certificate`,
              says`write the certificate to the token under the key’s id, or give its file with ${setting('certificate')}`,
            )
      })
    },
  },
  'token-always-authenticate': {
    title: 'PIN for every signature',
    otherwise: 'A daemon without the PIN at hand stops at its first refresh.',
    family: 'key',
    judge: ({ signer, reusesPin }) => {
      if (signer === undefined) return skipped('the key was not opened')
      if (signer.alwaysAuthenticates !== true) return ok('the key asks for none')
      const found = 'the key asks for its PIN with every signature'
      return reusesPin
        ? ok(`${found}, and gets it again`)
        : warning(found, says`let ${setting('reusePin')} give it again`)
    },
  },
  'token-mechanism': {
    title: 'key types',
    otherwise: 'There is no algorithm in SigV4-X509 for other keys.',
    family: 'key',
    judge: (facts) =>
      ifListed(facts, (listing) => {
        const keys = keysOf(listing)
        if (keys.length === 0) return skipped('no key is visible without a login')
        const usable = keys.filter(({ type }) => type !== 'other')
        return usable.length === 0
          ? problem('no key of a type that can sign', 'put an RSA or P-256 key on the token')
          : ok(usable.map(({ type }) => type).join(', '))
      }),
  },
}

/** What every one of these checks is without a token. */
export const NO_TOKEN = 'no token is named'

function ifListed(
  { listing }: TokenCheckFacts,
  judge: (listing: TokenListing) => Verdict,
): Verdict {
  return listing === undefined ? skipped('the token could not be looked at') : judge(listing)
}

function tokensOf({ modules }: TokenListing): readonly ListedToken[] {
  return modules.flatMap(({ tokens }) => tokens)
}

function keysOf(listing: TokenListing): readonly ListedKey[] {
  return tokensOf(listing).flatMap(({ keys }) => keys)
}

/** The reader's keypad is no sign of trouble. */
function isAboutTries(state: string): boolean {
  return !state.includes('reader')
}
