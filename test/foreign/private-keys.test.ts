/** Private keys as other programs write them, made while the test runs. */

import { afterAll } from 'vitest'
import {
  ENCRYPTED_KEYS,
  PASSWORD,
  PLAIN_KEYS,
  REFUSED_KEYS,
  type ForeignKey,
} from '../support/foreign-data/private-keys.ts'
import { DAMAGED_KEYS } from '../support/foreign-data/damaged-keys.ts'
import { ML_DSA_KEYS } from '../support/foreign-data/ml-dsa-keys.ts'
import { hasWriter, Workshop } from '../support/foreign-data/workshop.ts'
import { privateKeySuite, type PrivateKeyCase } from '../support/suites/private-keys.ts'

const shop = new Workshop()
afterAll(() => {
  shop[Symbol.dispose]()
})

function caseOf(key: ForeignKey): PrivateKeyCase {
  const { name, writer, keyType, verdict, asksForPassword } = key
  return {
    name: `${writer}: ${name}`,
    path: () => shop.fileOf(key),
    password: asksForPassword ? PASSWORD : undefined,
    keyType,
    verdict: verdict === 'signs' || verdict === 'weak' ? verdict : [verdict],
    isReady: hasWriter(writer),
  }
}

privateKeySuite('plain keys', PLAIN_KEYS.map(caseOf))
privateKeySuite('encrypted keys', ENCRYPTED_KEYS.map(caseOf))
privateKeySuite('keys that cannot be used', REFUSED_KEYS.map(caseOf))
privateKeySuite('keys changed by hand', DAMAGED_KEYS.map(caseOf))
privateKeySuite('ML-DSA keys', ML_DSA_KEYS.map(caseOf))
