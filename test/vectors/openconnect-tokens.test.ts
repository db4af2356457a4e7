/** The four tokens that openconnect keeps for its tests. */

import { cpSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { hasSoftToken, SoftTokens } from '../support/soft-token.ts'
import { oddTokenSuite } from '../support/suites/odd-tokens.ts'
import { NOW } from '../support/token-ports.ts'
import { VECTORS } from './vectors.ts'

oddTokenSuite(
  'the four tokens of openconnect',
  [
    { label: 'openconnect-test', asks: true },
    { label: 'openconnect-test1', asks: false },
    { label: 'openconnect-test2', asks: true },
    { label: 'openconnect-test3', asks: true },
  ],
  { isReady: hasSoftToken, open: copyTokens, now: NOW },
)

/** A copy: SoftHSM writes its locks beside the objects. */
function copyTokens(): SoftTokens {
  const tokens = new SoftTokens()
  cpSync(fileURLToPath(new URL('openconnect-softhsm', VECTORS)), tokens.tokens, { recursive: true })
  tokens.run('chmod', ['-R', 'u+w', tokens.tokens])
  return tokens
}
