/** CreateSession requests that botocore and openssl signed, while the test runs. */

import { beforeAll, describe } from 'vitest'
import {
  canSignSessions,
  SESSION_KINDS,
  signSessions,
  type SessionKind,
} from '../support/foreign-data/create-session.ts'
import { Workshop } from '../support/foreign-data/workshop.ts'
import { rebuildSuite, verifierSuite } from '../support/suites/recorded-requests.ts'

let requests: ReturnType<typeof signSessions>

beforeAll(() => {
  if (!canSignSessions) return
  using shop = new Workshop()
  requests = signSessions(shop)
})

const CASES = (Object.keys(SESSION_KINDS) as SessionKind[]).map((name) => ({
  name,
  get: () => requests[name],
}))

describe.skipIf(!canSignSessions)('requests of others', () => {
  rebuildSuite(CASES)
  verifierSuite(CASES)
})
