/**
 * What the doctor looks at, area by area, in the order in which things depend on each other.
 *
 * @module
 */

import { ARN_CHECKS, ARN_FORM_CHECKS } from './arn-checks.ts'
import { CERTIFICATE_CHECKS, CERTIFICATE_PLACE_CHECKS } from './certificate-checks.ts'
import { CHAIN_CHECKS } from './chain-checks.ts'
import type { Check } from './check.ts'
import { KEY_CHECKS } from './key-checks.ts'
import { NETWORK_CHECKS } from './network-checks.ts'
import { SERVICE_CHECKS } from './service-checks.ts'
import { SETTINGS_CHECKS } from './settings-checks.ts'
import { TOKEN_CHECKS } from './token-checks.ts'

export interface Area {
  /** One sentence, for documents. */
  readonly about: string
  /** By their ids. */
  readonly checks: Readonly<Record<string, Omit<Check<never>, 'judge'>>>
}

export const AREAS = {
  settings: {
    about: 'Where settings come from, and what keeps them from counting.',
    checks: SETTINGS_CHECKS,
  },
  certificate: {
    about: 'What IAM Roles Anywhere asks of an end-entity certificate.',
    checks: { ...CERTIFICATE_PLACE_CHECKS, ...CERTIFICATE_CHECKS },
  },
  key: { about: 'The private key, and who else may have it.', checks: KEY_CHECKS },
  chain: { about: 'What is sent between certificate and trust anchor.', checks: CHAIN_CHECKS },
  arns: {
    about: 'Trust anchor, profile and role.',
    checks: { ...ARN_FORM_CHECKS, ...ARN_CHECKS },
  },
  token: { about: 'A PKCS#11 token, looked at without a login.', checks: TOKEN_CHECKS },
  network: { about: 'The way to AWS; only online.', checks: NETWORK_CHECKS },
  service: { about: 'The answer to one CreateSession; only online.', checks: SERVICE_CHECKS },
} as const satisfies Readonly<Record<string, Area>>

export type AreaName = keyof typeof AREAS
