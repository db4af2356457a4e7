/**
 * Rows about extensions as such, and about the shape of paths.
 *
 * @module
 */

import { explicit, integer, objectIdentifier, octetString, sequence } from '../der.ts'
import {
  OID,
  basicConstraints,
  dns,
  extension,
  flipped,
  keyUsage,
  policies,
  subjectAltName,
  uri,
} from '../extensions.ts'
import { authorityKeyIdentifier, keyPair, subjectKeyIdentifier } from '../make-chain.ts'
import type { ChainRow } from '../row.ts'

const unknown = extension('1.3.6.1.4.1.99999.2', integer(1))
const lengths = (
  ...limits: readonly (number | undefined)[]
): { with: ReturnType<typeof basicConstraints>[] }[] =>
  limits.map((limit) => ({ with: [basicConstraints(true, limit)] }))

export const EXTENSION_ROWS: readonly ChainRow[] = [
  {
    id: 'unknown-extension',
    what: 'a leaf with an unknown extension',
    rule: '4.2',
    recipe: { leaf: { with: [unknown] } },
    emulator: 'accepted',
  },
  {
    id: 'unknown-critical-leaf',
    what: 'a leaf with an unknown critical extension',
    rule: '4.2',
    recipe: { leaf: { with: [flipped(unknown)] } },
    emulator: 'insufficient-certificate',
  },
  {
    id: 'unknown-critical-leaf-lenient',
    what: 'the same with `--lenient critical-extensions`',
    rule: '4.2',
    recipe: { leaf: { with: [flipped(unknown)] } },
    lenient: ['critical-extensions'],
    emulator: 'accepted',
  },
  {
    id: 'unknown-critical-ca',
    what: 'a CA with an unknown critical extension',
    rule: '4.2',
    recipe: { cas: [{ with: [flipped(unknown)] }] },
    emulator: 'untrusted-certificate',
  },
  {
    id: 'unknown-critical-root',
    what: 'a root with an unknown critical extension',
    rule: '4.2',
    recipe: { root: { with: [flipped(unknown)] } },
    emulator: 'configuration',
  },
  {
    id: 'duplicate-usage',
    what: 'a leaf with keyUsage twice',
    rule: '4.2',
    recipe: { leaf: { twice: [keyUsage('digitalSignature')] } },
    emulator: 'insufficient-certificate',
  },
  {
    id: 'duplicate-usage-contradicting',
    what: 'a leaf with keyUsage twice, with different bits',
    rule: '4.2',
    recipe: {
      leaf: { with: [keyUsage('keyEncipherment')], twice: [keyUsage('digitalSignature')] },
    },
    emulator: 'insufficient-certificate',
  },
  {
    id: 'duplicate-unknown',
    what: 'a leaf with an unknown extension twice',
    rule: '4.2',
    recipe: { leaf: { with: [unknown], twice: [unknown] } },
    emulator: 'insufficient-certificate',
  },
  {
    id: 'duplicate-unknown-lenient',
    what: 'the same with `--lenient duplicate-extensions`',
    rule: '4.2',
    recipe: { leaf: { with: [unknown], twice: [unknown] } },
    lenient: ['duplicate-extensions'],
    emulator: 'accepted',
  },
  {
    id: 'duplicate-ca',
    what: 'a CA with basicConstraints twice',
    rule: '4.2',
    recipe: { cas: [{ twice: [basicConstraints(true)] }] },
    emulator: 'untrusted-certificate',
  },
  {
    id: 'san-empty',
    what: 'an empty subjectAltName',
    rule: '4.2.1.6',
    recipe: { leaf: { with: [subjectAltName()] } },
    emulator: 'unreadable',
  },
  {
    id: 'san-critical',
    what: 'a critical subjectAltName',
    rule: '4.2.1.6',
    recipe: { leaf: { with: [flipped(subjectAltName(dns('client.example.com')))] } },
    emulator: 'accepted',
  },
  {
    id: 'san-not-ascii',
    what: 'a DNS name with a letter that is not ASCII',
    rule: '4.2.1.6',
    recipe: { leaf: { with: [subjectAltName(dns('caf\u{e9}.example.com'))] } },
    emulator: 'unreadable',
  },
  {
    id: 'distribution-points-critical',
    what: 'critical cRLDistributionPoints',
    rule: '4.2.1.13',
    recipe: {
      leaf: {
        with: [
          extension(
            '2.5.29.31',
            sequence(sequence(explicit(0, explicit(0, uri('http://crl.example.com/1'))))),
            true,
          ),
        ],
      },
    },
    emulator: 'accepted',
  },
  {
    id: 'aki-missing',
    what: 'a leaf without authorityKeyIdentifier',
    rule: '4.2.1.1, which binds the issuer',
    recipe: { leaf: { without: [OID.authorityKeyIdentifier] } },
    emulator: 'accepted',
  },
  {
    id: 'ski-missing',
    what: 'a CA without subjectKeyIdentifier',
    rule: '4.2.1.2, which binds the issuer',
    recipe: { cas: [{ without: [OID.subjectKeyIdentifier] }] },
    emulator: 'accepted',
  },
  {
    id: 'aki-critical',
    what: 'a critical authorityKeyIdentifier',
    rule: '4.2.1.1, which binds the issuer',
    recipe: { leaf: { with: [flipped(authorityKeyIdentifier(keyPair('root')))] } },
    emulator: 'accepted',
  },
  {
    id: 'aki-of-other',
    what: 'an authorityKeyIdentifier of another key',
    rule: '4.2.1.1, a help for finding',
    recipe: { leaf: { with: [authorityKeyIdentifier(keyPair('stranger'))] } },
    emulator: 'accepted',
  },
  {
    id: 'ski-of-other',
    what: "a subjectKeyIdentifier that is not the key's hash",
    rule: '4.2.1.2',
    recipe: { leaf: { with: [subjectKeyIdentifier(keyPair('stranger'))] } },
    emulator: 'accepted',
  },

  // Path lengths.
  {
    id: 'length-0-of-0',
    what: 'a root that allows no CA, and none',
    rule: '6.1.4 (m)',
    recipe: { root: lengths(0)[0]! },
    emulator: 'accepted',
  },
  {
    id: 'length-1-of-0',
    what: 'a root that allows no CA, and one',
    rule: '6.1.4 (m)',
    recipe: { root: lengths(0)[0]!, cas: lengths(undefined) },
    emulator: 'untrusted-certificate',
  },
  {
    id: 'length-1-of-1',
    what: 'a root that allows one CA, and one',
    rule: '6.1.4 (m)',
    recipe: { root: lengths(1)[0]!, cas: lengths(undefined) },
    emulator: 'accepted',
  },
  {
    id: 'length-2-of-1',
    what: 'a root that allows one CA, and two',
    rule: '6.1.4 (m)',
    recipe: { root: lengths(1)[0]!, cas: lengths(undefined, undefined) },
    emulator: 'untrusted-certificate',
  },
  {
    id: 'ca-length-0',
    what: 'a CA that allows none below it, and none',
    rule: '6.1.4 (m)',
    recipe: { cas: lengths(0) },
    emulator: 'accepted',
  },
  {
    id: 'ca-length-0-of-1',
    what: 'a CA that allows none below it, and one',
    rule: '6.1.4 (m)',
    recipe: { cas: lengths(0, undefined) },
    emulator: 'untrusted-certificate',
  },
  {
    id: 'length-loosened',
    what: 'a CA that allows more than the one above',
    rule: '6.1.4 (m)',
    recipe: { cas: lengths(1, 5, undefined) },
    emulator: 'untrusted-certificate',
  },
  {
    id: 'length-self-issued',
    what: 'a self-issued CA, which does not count',
    rule: '6.1.4 (l)',
    recipe: { root: lengths(1)[0]!, cas: [{}, { subject: 'O=Example,CN=CA 1' }] },
    emulator: 'accepted',
  },
  {
    id: 'length-1000',
    what: 'a CA that allows a thousand',
    rule: '6.1.4 (m)',
    recipe: { cas: lengths(1000, undefined) },
    emulator: 'accepted',
  },

  // Paths.
  {
    id: 'four-cas',
    what: 'four CAs in a row',
    rule: '6.1',
    recipe: { cas: [{}, {}, {}, {}] },
    emulator: 'accepted',
  },
  {
    id: 'ca-withheld',
    what: 'a CA that was not sent',
    rule: '6.1',
    recipe: { cas: [{}, {}], withheld: [1] },
    emulator: 'untrusted-certificate',
  },
  {
    id: 'anchor-is-ca',
    what: 'a trust anchor that is no root',
    rule: '6.1.1 (d)',
    recipe: { cas: [{}, {}], anchor: 1, withheld: [0] },
    emulator: 'accepted',
  },
  {
    id: 'anchor-is-ca-leaf-of-root',
    what: 'a leaf of the root, where only a CA is trusted',
    rule: '6.1.1 (d)',
    recipe: { cas: [{}], anchor: 1, leaf: { issuer: 'O=Example,CN=Root', signedBy: 'root' } },
    emulator: 'untrusted-certificate',
  },
  {
    id: 'leaf-self-signed',
    what: 'a leaf signed by itself',
    rule: '6.1',
    recipe: { leaf: { issuer: 'O=Example,CN=client', signedBy: 'leaf' } },
    emulator: 'untrusted-certificate',
  },
  {
    id: 'leaf-issues',
    what: 'a leaf used as a CA',
    rule: '6.1.4 (k)',
    recipe: { cas: [{ with: [basicConstraints(false), keyUsage('digitalSignature')] }] },
    emulator: 'untrusted-certificate',
  },
  {
    id: 'stranger-also-sent',
    what: 'a certificate too much',
    rule: '6.1',
    recipe: { cas: one(), alsoSent: [{ subject: 'O=Example,CN=Stranger', key: 'stranger' }] },
    emulator: 'accepted',
  },
  {
    id: 'root-also-sent',
    what: 'the root among what is sent',
    rule: '6.1',
    recipe: { alsoSent: [{ subject: 'O=Example,CN=Root', key: 'root' }] },
    emulator: 'accepted',
  },
  {
    id: 'twin-expired',
    what: 'two certificates of one CA, the first expired',
    rule: '6.1',
    recipe: {
      cas: one(),
      alsoSent: [
        {
          subject: 'O=Example,CN=CA 1',
          key: 'ca 1',
          serial: 99n,
          notAfter: new Date('2021-01-01T00:00:00Z'),
        },
      ],
    },
    emulator: 'accepted',
  },

  // Policies.
  {
    id: 'policy-critical',
    what: 'critical policies with a known qualifier',
    rule: '4.2.1.4',
    recipe: { leaf: { with: [flipped(withQualifier('1.3.6.1.5.5.7.2.1'))] } },
    emulator: 'accepted',
  },
  {
    id: 'policy-critical-unknown',
    what: 'critical policies with an unknown qualifier',
    rule: '4.2.1.4',
    recipe: { leaf: { with: [flipped(withQualifier('1.3.6.1.4.1.99999.3'))] } },
    emulator: 'insufficient-certificate',
  },
  {
    id: 'policy-unknown-qualifier',
    what: 'policies with an unknown qualifier',
    rule: '4.2.1.4',
    recipe: { leaf: { with: [withQualifier('1.3.6.1.4.1.99999.3')] } },
    emulator: 'accepted',
  },
  {
    id: 'policy-twice',
    what: 'the same policy twice',
    rule: '4.2.1.4',
    recipe: { leaf: { with: [policies('1.2.3.4', '1.2.3.4')] } },
    emulator: 'unreadable',
  },
  {
    id: 'policy-empty',
    what: 'an empty list of policies',
    rule: '4.2.1.4',
    recipe: { leaf: { with: [policies()] } },
    emulator: 'unreadable',
  },
]

function one(): readonly object[] {
  return [{}]
}

function withQualifier(kind: string): ReturnType<typeof policies> {
  const qualifier = sequence(objectIdentifier(kind), octetString(Buffer.from('x')))
  const uri = sequence(objectIdentifier(kind), Buffer.from('1603783a79', 'hex'))
  const policy = sequence(
    objectIdentifier('1.2.3.4'),
    sequence(kind === '1.3.6.1.5.5.7.2.1' ? uri : qualifier),
  )
  return extension(OID.policies, sequence(policy))
}
