/**
 * CreateSession requests that others sign: certificates of openssl, and a request of create_session.py.
 *
 * @module
 */

import { hasPythonModule, PYTHON } from '../capabilities.ts'
import type { RecordedRequest, Recording } from '../suites/recorded-requests.ts'
import { plainKey, type KeyName } from './private-keys.ts'
import { hasWriter, type Workshop } from './workshop.ts'

const SCRIPT = new URL('create_session.py', import.meta.url).pathname

export const canSignSessions: boolean =
  hasWriter('openssl') && hasWriter('python3-cryptography') && hasPythonModule('botocore')

/** What is different about each request. */
export const SESSION_KINDS = {
  'RSA, with the ARNs in the query': { key: 'rsa-2048', isChained: false, inQuery: true },
  'RSA with a chain, and the ARNs in the body': {
    key: 'rsa-2048',
    isChained: true,
    inQuery: false,
  },
  'P-256 with a chain': { key: 'ec-p256', isChained: true, inQuery: false },
  'P-384, with the ARNs in the query': { key: 'ec-p384', isChained: false, inQuery: true },
} as const

export type SessionKind = keyof typeof SESSION_KINDS

const REGION = 'eu-central-1'
const ARN = `arn:aws:rolesanywhere:${REGION}:111122223333`
const ARNS = {
  profileArn: `${ARN}:profile/11111111-2222-3333-4444-555555555555`,
  roleArn: 'arn:aws:iam::111122223333:role/path/with+and=in_it',
  trustAnchorArn: `${ARN}:trust-anchor/11111111-2222-3333-4444-555555555555`,
}

/** Within the validity of the certificates, to the second. */
const DATE = new Date().toISOString().replace(/[-:]|\.\d+/gu, '')

/** All kinds, each signed once. */
export function signSessions(shop: Workshop): Readonly<Record<SessionKind, RecordedRequest>> {
  const root = certify(shop, 'root', 'ec-p521', 'critical,CA:true')
  const issuing = certify(shop, 'issuing', 'rsa-2432', 'critical,CA:true', root)
  const made = Object.entries(SESSION_KINDS).map(([kind, { key, isChained, inQuery }], index) => {
    const name = `client-${index}`
    const leaf = certify(shop, name, key, 'CA:false', isChained ? issuing : root)
    const certificates = [leaf, ...(isChained ? [issuing] : [])].map(({ pem }) => pem)
    const order = {
      certificates,
      key: plainKey(shop, key),
      date: DATE,
      region: REGION,
      query: inQuery ? new URLSearchParams(ARNS).toString() : '',
      body: JSON.stringify(inQuery ? { durationSeconds: 900 } : { ...ARNS, durationSeconds: 900 }),
    }
    const [recording] = JSON.parse(
      shop.run(PYTHON, [SCRIPT], { input: JSON.stringify([order]) }).toString(),
    ) as [Recording]
    const [certificatePem = '', ...chainPem] = certificates
    const privateKeyPem = shop.read(order.key).toString()
    return [kind, { recording, certificatePem, chainPem, anchorPem: root.pem, privateKeyPem }]
  })
  return Object.fromEntries(made) as Record<SessionKind, RecordedRequest>
}

interface Issued {
  readonly name: string
  readonly key: KeyName
  readonly pem: string
}

/** A certificate by `openssl x509 -req`; without an issuer its own. */
function certify(
  shop: Workshop,
  name: string,
  key: KeyName,
  basicConstraints: string,
  issuer?: Issued,
): Issued {
  const isCa = basicConstraints.endsWith('true')
  const usage = isCa ? 'keyCertSign,cRLSign' : 'digitalSignature'
  const extensions = `basicConstraints=${basicConstraints}\nkeyUsage=critical,${usage}\n`
  const extensionFile = shop.write(`${name}.ext`, extensions)
  const keyFile = plainKey(shop, key)
  const request = `${name}.csr`
  shop.openssl('req', '-new', '-key', keyFile, '-subj', `/CN=${name}`, '-out', request)
  const signer =
    issuer === undefined
      ? ['-signkey', keyFile]
      : ['-CA', `${issuer.name}.pem`, '-CAkey', plainKey(shop, issuer.key), '-CAcreateserial']
  const args = ['x509', '-req', '-in', request, '-days', '30', '-extfile', extensionFile]
  shop.openssl(...args, ...signer, '-out', `${name}.pem`)
  return { name, key, pem: shop.read(`${name}.pem`).toString() }
}
