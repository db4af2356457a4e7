/**
 * Rows about name constraints: each form of name inside and outside, intersections, and constraints
 * that break their own rules.
 *
 * @module
 */

import { implicit, integerContent, sequence, explicit } from '../der.ts'
import {
  OID,
  directory,
  dns,
  email,
  extension,
  flipped,
  ip,
  nameConstraints,
  principal,
  registeredId,
  subjectAltName,
  uri,
  type Extension,
  type Subtrees,
} from '../extensions.ts'
import type { EmulatorVerdict } from '../judges.ts'
import type { ChainRecipe } from '../make-chain.ts'
import type { ChainRow } from '../row.ts'

const RULE = '4.2.1.10'

/** One CA under constraints, and a leaf with names. */
function constrained(subtrees: Subtrees, ...names: readonly Buffer[]): ChainRecipe {
  return {
    cas: [{ with: [nameConstraints(subtrees)] }],
    leaf: names.length === 0 ? {} : { with: [subjectAltName(...names)] },
  }
}

function row(
  id: string,
  what: string,
  recipe: ChainRecipe,
  emulator: EmulatorVerdict = 'accepted',
): ChainRow {
  return { id: `nc-${id}`, what, rule: RULE, recipe, emulator }
}

const OUTSIDE = 'untrusted-certificate'
const permit = (...permitted: readonly Buffer[]): Subtrees => ({ permitted })
const exclude = (...excluded: readonly Buffer[]): Subtrees => ({ excluded })
const raw = (value: Buffer): ChainRecipe => ({
  cas: [{ with: [extension(OID.nameConstraints, value, true)] }],
})
const subject = (text: string, subtrees: Subtrees): ChainRecipe => ({
  ...constrained(subtrees),
  leaf: { subject: text },
})
const twoCas = (upper: Extension, lower: Extension, ...names: readonly Buffer[]): ChainRecipe => ({
  cas: [{ with: [upper] }, { with: [lower] }],
  leaf: { with: [subjectAltName(...names)] },
})
const NET = [10, 1, 0, 0, 255, 255, 0, 0]

export const NAME_CONSTRAINT_ROWS: readonly ChainRow[] = [
  // DNS names.
  row(
    'dns-equal',
    'a DNS name that is the permitted one',
    constrained(permit(dns('example.com')), dns('example.com')),
  ),
  row(
    'dns-below',
    'a DNS name below it',
    constrained(permit(dns('example.com')), dns('a.b.example.com')),
  ),
  row(
    'dns-case',
    'a DNS name in other letter case',
    constrained(permit(dns('Example.com')), dns('A.EXAMPLE.COM')),
  ),
  row(
    'dns-outside',
    'a DNS name outside',
    constrained(permit(dns('example.com')), dns('example.org')),
    OUTSIDE,
  ),
  row(
    'dns-suffix',
    'a DNS name that only ends like it',
    constrained(permit(dns('example.com')), dns('badexample.com')),
    OUTSIDE,
  ),
  row(
    'dns-second-outside',
    'two DNS names, one outside',
    constrained(permit(dns('example.com')), dns('a.example.com'), dns('a.example.org')),
    OUTSIDE,
  ),
  row(
    'dns-two-permitted',
    'two permitted domains, a name in each',
    constrained(
      permit(dns('example.com'), dns('example.org')),
      dns('a.example.com'),
      dns('a.example.org'),
    ),
  ),
  row(
    'dns-excluded',
    'a DNS name in an excluded domain',
    constrained(exclude(dns('example.com')), dns('a.example.com')),
    OUTSIDE,
  ),
  row(
    'dns-not-excluded',
    'a DNS name outside an excluded domain',
    constrained(exclude(dns('example.com')), dns('example.org')),
  ),
  row(
    'dns-both',
    'a DNS name both permitted and excluded',
    constrained(
      { permitted: [dns('example.com')], excluded: [dns('bad.example.com')] },
      dns('a.bad.example.com'),
    ),
    OUTSIDE,
  ),
  row(
    'dns-both-good',
    'a DNS name permitted and not excluded',
    constrained(
      { permitted: [dns('example.com')], excluded: [dns('bad.example.com')] },
      dns('a.good.example.com'),
    ),
  ),
  row(
    'dns-empty-base',
    'every DNS name permitted',
    constrained(permit(dns('')), dns('example.com')),
  ),
  row(
    'dns-empty-excluded',
    'every DNS name excluded',
    constrained(exclude(dns('')), dns('example.com')),
    OUTSIDE,
  ),
  row(
    'dns-other-form',
    'no DNS name at all',
    constrained(permit(dns('example.com')), email('me@example.org')),
  ),
  row(
    'dns-wildcard',
    'a wildcard inside',
    constrained(permit(dns('example.com')), dns('*.example.com')),
  ),
  row(
    'dns-malformed-name',
    'a DNS name with an empty label',
    constrained(permit(dns('example.com')), dns('a..example.com')),
    OUTSIDE,
  ),
  row(
    'dns-common-name',
    'a common name that looks like a DNS name outside',
    subject('O=Example,CN=host.example.org', permit(dns('example.com'))),
  ),

  // Addresses.
  row(
    'ip-inside',
    'an address in the permitted network',
    constrained(permit(ip(...NET)), ip(10, 1, 2, 3)),
  ),
  row(
    'ip-outside',
    'an address outside',
    constrained(permit(ip(...NET)), ip(10, 2, 2, 3)),
    OUTSIDE,
  ),
  row(
    'ip-excluded',
    'an address in an excluded network',
    constrained(exclude(ip(...NET)), ip(10, 1, 2, 3)),
    OUTSIDE,
  ),
  row(
    'ip-not-excluded',
    'an address outside an excluded network',
    constrained(exclude(ip(...NET)), ip(10, 2, 2, 3)),
  ),
  row(
    'ip-6-inside',
    'an IPv6 address in the permitted network',
    constrained(
      permit(
        ip(
          0x20,
          1,
          13,
          184,
          ...Array<number>(12).fill(0),
          255,
          255,
          255,
          255,
          ...Array<number>(12).fill(0),
        ),
      ),
      ip(0x20, 1, 13, 184, ...Array<number>(12).fill(7)),
    ),
  ),
  row(
    'ip-6-outside',
    'an IPv6 address outside',
    constrained(
      permit(
        ip(
          0x20,
          1,
          13,
          184,
          ...Array<number>(12).fill(0),
          255,
          255,
          255,
          255,
          ...Array<number>(12).fill(0),
        ),
      ),
      ip(0x20, 2, 13, 184, ...Array<number>(12).fill(7)),
    ),
    OUTSIDE,
  ),
  row(
    'ip-4-under-6',
    'an IPv4 address where only IPv6 is permitted',
    constrained(permit(ip(...Array<number>(32).fill(0))), ip(10, 1, 2, 3)),
    OUTSIDE,
  ),
  row(
    'ip-everything',
    'every IPv4 address permitted',
    constrained(permit(ip(0, 0, 0, 0, 0, 0, 0, 0)), ip(10, 1, 2, 3)),
  ),
  row(
    'ip-none',
    'every IPv4 address excluded',
    constrained(exclude(ip(0, 0, 0, 0, 0, 0, 0, 0)), ip(10, 1, 2, 3)),
    OUTSIDE,
  ),
  row(
    'ip-wrong-length',
    'an address of five octets',
    constrained(permit(ip(...NET)), ip(10, 1, 2, 3, 4)),
    OUTSIDE,
  ),
  row(
    'ip-base-length',
    'a network of five octets',
    constrained(permit(ip(10, 1, 0, 0, 255)), ip(10, 1, 2, 3)),
    'unreadable',
  ),
  row(
    'ip-base-mask',
    'a network whose mask has a hole',
    constrained(permit(ip(10, 0, 1, 0, 255, 0, 255, 0)), ip(10, 7, 1, 3)),
    'unreadable',
  ),

  // Mail addresses.
  row(
    'mail-host',
    'a mailbox on the permitted host',
    constrained(permit(email('example.com')), email('me@example.com')),
  ),
  row(
    'mail-below-host',
    'a mailbox on a host below it',
    constrained(permit(email('example.com')), email('me@a.example.com')),
    OUTSIDE,
  ),
  row(
    'mail-domain',
    'a mailbox in the permitted domain',
    constrained(permit(email('.example.com')), email('me@a.example.com')),
  ),
  row(
    'mail-domain-itself',
    'a mailbox on the domain itself',
    constrained(permit(email('.example.com')), email('me@example.com')),
    OUTSIDE,
  ),
  row(
    'mail-box',
    'the permitted mailbox',
    constrained(permit(email('me@example.com')), email('me@EXAMPLE.com')),
  ),
  row(
    'mail-other-box',
    'another mailbox',
    constrained(permit(email('me@example.com')), email('you@example.com')),
    OUTSIDE,
  ),
  row(
    'mail-excluded',
    'a mailbox on an excluded host',
    constrained(exclude(email('example.com')), email('me@example.com')),
    OUTSIDE,
  ),
  row(
    'mail-in-subject',
    'a mail address outside, in the subject',
    subject('O=Example,CN=me,emailAddress=me@example.org', permit(email('example.com'))),
    OUTSIDE,
  ),
  row(
    'mail-in-subject-inside',
    'a mail address inside, in the subject',
    subject('O=Example,CN=me,emailAddress=me@example.com', permit(email('example.com'))),
  ),
  row(
    'mail-malformed',
    'a mailbox without a host',
    constrained(permit(email('example.com')), email('me')),
    OUTSIDE,
  ),

  // URIs.
  row(
    'uri-host',
    'a URI on the permitted host',
    constrained(permit(uri('example.com')), uri('spiffe://example.com/web')),
  ),
  row(
    'uri-below-host',
    'a URI on a host below it',
    constrained(permit(uri('example.com')), uri('spiffe://a.example.com/web')),
    OUTSIDE,
  ),
  row(
    'uri-domain',
    'a URI in the permitted domain',
    constrained(permit(uri('.example.com')), uri('https://a.example.com:8443/x')),
  ),
  row(
    'uri-outside',
    'a URI outside',
    constrained(permit(uri('example.com')), uri('spiffe://example.org/web')),
    OUTSIDE,
  ),
  row(
    'uri-excluded',
    'a URI on an excluded host',
    constrained(exclude(uri('example.com')), uri('spiffe://example.com/web')),
    OUTSIDE,
  ),
  row(
    'uri-no-host',
    'a URI without a host',
    constrained(permit(uri('example.com')), uri('urn:uuid:1')),
    OUTSIDE,
  ),
  row(
    'uri-address',
    'a URI with an address for a host',
    constrained(permit(uri('example.com')), uri('https://10.1.2.3/')),
    OUTSIDE,
  ),

  // Distinguished names.
  row(
    'dn-inside',
    'a subject in the permitted subtree',
    subject('O=Example,CN=client', permit(directory('O=Example'))),
  ),
  row(
    'dn-case',
    'the same in other letter case',
    subject('O=EXAMPLE,CN=client', permit(directory('O=example'))),
  ),
  row(
    'dn-outside',
    'a subject outside',
    subject('O=Other,CN=client', permit(directory('O=Example'))),
    OUTSIDE,
  ),
  row(
    'dn-deeper',
    'a subject above the permitted subtree',
    subject('O=Example', permit(directory('O=Example,OU=Web'))),
    OUTSIDE,
  ),
  row(
    'dn-excluded',
    'a subject in an excluded subtree',
    subject('O=Example,CN=client', exclude(directory('O=Example'))),
    OUTSIDE,
  ),
  row(
    'dn-not-excluded',
    'a subject outside an excluded subtree',
    subject('O=Example,CN=client', exclude(directory('O=Other'))),
  ),
  row(
    'dn-san',
    'a directory name outside, in the subjectAltName',
    constrained(permit(directory('O=Example')), directory('O=Other,CN=x')),
    OUTSIDE,
  ),

  // Forms that nobody compares.
  row(
    'registered-id',
    'a registered id under a constraint on registered ids',
    constrained(permit(registeredId()), registeredId()),
    OUTSIDE,
  ),
  row(
    'other-name',
    'an otherName under a constraint on otherNames',
    constrained(exclude(principal('x')), principal('me@example.com')),
    OUTSIDE,
  ),
  row(
    'other-name-free',
    'an otherName under a constraint on DNS names',
    constrained(permit(dns('example.com')), principal('me@example.com')),
  ),

  // Several CAs.
  row(
    'intersection',
    'a name that two CAs permit',
    twoCas(
      nameConstraints(permit(dns('example.com'))),
      nameConstraints(permit(dns('a.example.com'))),
      dns('x.a.example.com'),
    ),
  ),
  row(
    'intersection-upper',
    'a name that only the upper CA permits',
    twoCas(
      nameConstraints(permit(dns('example.com'))),
      nameConstraints(permit(dns('a.example.com'))),
      dns('b.example.com'),
    ),
    OUTSIDE,
  ),
  row(
    'intersection-lower',
    'a name that only the lower CA permits',
    twoCas(
      nameConstraints(permit(dns('a.example.com'))),
      nameConstraints(permit(dns('example.com'))),
      dns('b.example.com'),
    ),
    OUTSIDE,
  ),
  row(
    'intersection-empty',
    'two CAs that permit nothing in common',
    twoCas(
      nameConstraints(permit(dns('example.com'))),
      nameConstraints(permit(dns('example.org'))),
      dns('example.com'),
    ),
    OUTSIDE,
  ),
  row(
    'union-excluded',
    'a name that the upper CA excludes',
    twoCas(
      nameConstraints(exclude(dns('example.com'))),
      nameConstraints(exclude(dns('example.org'))),
      dns('example.com'),
    ),
    OUTSIDE,
  ),
  row(
    'ca-itself',
    'a CA whose own name its issuer does not permit',
    {
      cas: [
        { with: [nameConstraints(permit(directory('O=Example')))] },
        { subject: 'O=Other,CN=CA' },
      ],
      leaf: { subject: 'O=Example,CN=client' },
    },
    OUTSIDE,
  ),
  row('ca-self-issued', 'a self-issued CA outside, which is let pass', {
    cas: [
      { subject: 'O=Other,CN=CA', with: [nameConstraints(permit(directory('O=Example')))] },
      { subject: 'O=Other,CN=CA' },
    ],
    leaf: { subject: 'O=Example,CN=client' },
  }),
  row('own', 'a CA outside its own constraints', {
    cas: [{ subject: 'O=Other,CN=CA', with: [nameConstraints(permit(directory('O=Example')))] }],
  }),
  row(
    'root',
    'a name that the root does not permit',
    {
      root: { with: [nameConstraints(permit(dns('example.com')))] },
      leaf: { with: [subjectAltName(dns('example.org'))] },
    },
    OUTSIDE,
  ),
  row(
    'not-critical',
    'constraints that are not critical',
    {
      cas: [{ with: [flipped(nameConstraints(permit(dns('example.com'))))] }],
      leaf: { with: [subjectAltName(dns('example.org'))] },
    },
    OUTSIDE,
  ),
  {
    ...row(
      'lenient',
      'a DNS name outside, with `--lenient name-constraints`',
      constrained(permit(dns('example.com')), dns('example.org')),
    ),
    lenient: ['name-constraints'],
  },

  // Constraints that break their own rules.
  row('empty', 'an empty extension', raw(sequence()), 'unreadable'),
  row('empty-list', 'an empty list of subtrees', raw(sequence(explicit(0))), 'unreadable'),
  row(
    'minimum',
    'a subtree with a minimum distance',
    raw(sequence(explicit(0, sequence(dns('example.com'), implicit(0, integerContent(1n)))))),
    'unreadable',
  ),
  row(
    'maximum',
    'a subtree with a maximum distance',
    raw(sequence(explicit(0, sequence(dns('example.com'), implicit(1, integerContent(1n)))))),
    'unreadable',
  ),
  row('no-sequence', 'no SEQUENCE', raw(dns('example.com')), 'unreadable'),
  row(
    'trailing',
    'bytes behind the constraints',
    raw(Buffer.concat([nameConstraints(permit(dns('example.com'))).value, Buffer.from([5, 0])])),
    'unreadable',
  ),
  row(
    'dns-base-malformed',
    'a domain with an empty label',
    constrained(permit(dns('a..example.com'))),
    'unreadable',
  ),
  row(
    'many',
    '300 names under 300 constraints',
    constrained(
      permit(...Array.from({ length: 300 }, (_, index) => dns(`n${index}.example.com`))),
      ...Array.from({ length: 300 }, (_, index) => dns(`n${index}.example.com`)),
    ),
    OUTSIDE,
  ),
  row(
    'some',
    '50 names under 50 constraints',
    constrained(
      permit(...Array.from({ length: 50 }, (_, index) => dns(`n${index}.example.com`))),
      ...Array.from({ length: 50 }, (_, index) => dns(`n${index}.example.com`)),
    ),
  ),
]
