/** Requests that others made and whose signatures verify. */

import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import {
  rebuildSuite,
  verifierSuite,
  type RecordedRequest,
  type Recording,
} from '../support/suites/recorded-requests.ts'
import { VECTORS } from './vectors.ts'

const FOLDER = new URL('captured-createsession/', VECTORS)
const text = (path: string): string => readFileSync(new URL(path, FOLDER), 'latin1')
const recordings = JSON.parse(text('requests.json')) as (Recording & {
  readonly source: string
  readonly privateKeyFile: string
})[]

/** Certificate, chain and CA of each request, in the order of requests.json. */
const FILES = [
  ['salrashid123/alice-cert.crt', [], 'salrashid123/root-ca.crt'],
  ['sorah-needroleshere/cert.pem', ['sorah-needroleshere/subca.pem'], 'sorah-needroleshere/ca.pem'],
] as const

const cases = recordings.map((recording, index) => ({
  name: recording.source,
  get: (): RecordedRequest => {
    const [certificate, chain, anchor] = FILES[index]!
    return {
      recording,
      certificatePem: text(certificate),
      chainPem: chain.map(text),
      anchorPem: text(anchor),
      privateKeyPem: text(recording.privateKeyFile),
    }
  },
}))

it('are two, one with a signed chain', () => {
  expect(recordings.map(({ headers }) => 'x-amz-x509-chain' in headers)).toEqual([false, true])
})

rebuildSuite(cases)
verifierSuite(cases)
