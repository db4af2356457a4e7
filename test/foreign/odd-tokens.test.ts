/** Tokens as other people set them up, made with SoftHSM and GnuTLS while the test runs. */

import { hasProgram } from '../support/capabilities.ts'
import { makeOddTokens, ODD_TOKENS } from '../support/foreign-data/odd-tokens.ts'
import { hasSoftToken } from '../support/soft-token.ts'
import { oddTokenSuite } from '../support/suites/odd-tokens.ts'

oddTokenSuite('tokens of four kinds', ODD_TOKENS, {
  isReady: hasSoftToken && hasProgram('p11tool') && hasProgram('openssl'),
  open: makeOddTokens,
  now: Date.now(),
})
