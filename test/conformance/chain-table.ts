/**
 * The whole verdict table.
 *
 * @module
 */

import type { ChainRow } from './row.ts'
import { CERTIFICATE_ROWS } from './rows/certificates.ts'
import { EXTENSION_ROWS } from './rows/extensions.ts'
import { NAME_CONSTRAINT_ROWS } from './rows/name-constraints.ts'
import { POLICY_ROWS } from './rows/policies.ts'
import { REVOCATION_ROWS } from './rows/revocation.ts'

export const CHAIN_TABLE: Readonly<Record<string, readonly ChainRow[]>> = {
  'One certificate': CERTIFICATE_ROWS,
  'Extensions and paths': EXTENSION_ROWS,
  'Name constraints': NAME_CONSTRAINT_ROWS,
  Policies: POLICY_ROWS,
  'Revocation lists': REVOCATION_ROWS,
}

export const CHAIN_ROWS: readonly ChainRow[] = Object.values(CHAIN_TABLE).flat()
