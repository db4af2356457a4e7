/**
 * Where OpenSSL 3.0 or GnuTLS 3.7 judges otherwise than the emulator, and why.
 *
 * A row that stands nowhere here is one on which all three agree; the test holds both.
 *
 * @module
 */

export type OtherJudge = 'openssl' | 'certtool'

export interface Difference {
  readonly judges: readonly OtherJudge[]
  readonly why: string
  /** Ids of rows. */
  readonly rows: readonly string[]
}

export const DIFFERENCES: readonly Difference[] = [
  // What the service demands beyond the standard.
  {
    judges: ['openssl'],
    why: 'The guide rejects MD5 and SHA-1 and asks for SHA-256 or stronger. OpenSSL judges hashes by security level, which its command leaves at the lowest.',
    rows: ['leaf-sha1', 'leaf-sha224', 'leaf-md5', 'leaf-rsa-sha1', 'ca-sha1', 'root-sha1'],
  },
  {
    judges: ['certtool'],
    why: 'GnuTLS refuses MD5 and SHA-1 too, but takes SHA-224, and looks at no signature of a root.',
    rows: ['leaf-sha224', 'root-sha1'],
  },
  {
    judges: ['openssl', 'certtool'],
    why: 'The guide demands version 3. In the standard a leaf of version 1 is a certificate without extensions, and nothing is asked of a root.',
    rows: ['leaf-v1'],
  },
  {
    judges: ['certtool'],
    why: 'The same; OpenSSL takes a root of version 1 for no CA under `-x509_strict`.',
    rows: ['root-v1'],
  },
  {
    judges: ['openssl', 'certtool'],
    why: 'The guide demands a leaf that is no CA and says so, and keyUsage with digitalSignature. In the standard a leaf may be a CA, and what is left out forbids nothing.',
    rows: ['leaf-is-ca', 'leaf-no-constraints', 'leaf-no-usage'],
  },
  {
    judges: ['certtool'],
    why: 'GnuTLS leaves keyUsage of a leaf to the handshake, and takes a CA without keyUsage; the guide demands keyCertSign.',
    rows: ['leaf-encipherment-only', 'leaf-may-sign-certificates', 'ca-no-usage'],
  },
  {
    judges: ['certtool'],
    why: 'The guide supports no empty subject; the standard does, where a critical subjectAltName takes its place. OpenSSL misses that, GnuTLS does not look.',
    rows: ['leaf-subject-empty'],
  },
  {
    judges: ['openssl', 'certtool'],
    why: 'The service takes lists of the trust anchor only. The two others take one of any CA of the path.',
    rows: ['crl-of-ca'],
  },

  // What the emulator was told to leave.
  {
    judges: ['openssl', 'certtool'],
    why: 'The emulator was told to leave the rule, the others keep it.',
    rows: ['eku-server-lenient', 'unknown-critical-leaf-lenient', 'nc-lenient'],
  },
  {
    judges: ['openssl'],
    why: 'The same; GnuTLS does not have the rule.',
    rows: [
      'leaf-may-sign-certificates-lenient',
      'crl-no-crl-sign-lenient',
      'crl-stale-lenient',
      'policy-lenient',
    ],
  },
  {
    judges: ['certtool'],
    why: 'The same; OpenSSL minds repetition only where it knows the extension.',
    rows: ['duplicate-unknown-lenient'],
  },

  // Time.
  {
    judges: ['certtool'],
    why: 'certtool knows no time but today, which lies after the one asked about.',
    rows: ['before-first-second', 'last-second', 'end-of-last-second'],
  },
  {
    judges: ['openssl'],
    why: 'OpenSSL ends a certificate at the beginning of its last second; the standard has notAfter inclusive.',
    rows: ['last-second', 'end-of-last-second'],
  },

  // Duties of issuers, which a reader is not asked to enforce.
  {
    judges: ['openssl'],
    why: 'OpenSSL’s `-x509_strict` holds issuers to section 4: key identifiers, and which extension is critical. Path validation (section 6) asks for neither, and homemade CAs lack them often.',
    rows: ['ca-constraints-not-critical', 'aki-missing', 'ski-missing', 'aki-critical'],
  },
  {
    judges: ['openssl', 'certtool'],
    why: 'Key identifiers are there to find an issuer faster. The emulator goes by names and signatures; the two others take a wrong identifier for another issuer.',
    rows: ['aki-of-other'],
  },
  {
    judges: ['openssl'],
    why: 'The standard lets anyExtendedKeyUsage stand for every use. OpenSSL’s purpose of a TLS client wants clientAuth by name.',
    rows: ['eku-any'],
  },
  {
    judges: ['openssl', 'certtool'],
    why: 'The standard gives extendedKeyUsage of a CA no meaning for the certificates below. Web practice does, and both programs follow it.',
    rows: ['eku-ca-server'],
  },
  {
    judges: ['openssl', 'certtool'],
    why: 'The standard constrains common names not at all; both programs take one that looks like a host for a DNS name.',
    rows: ['nc-dns-common-name'],
  },

  // Syntax that others pass over.
  {
    judges: ['certtool'],
    why: 'GnuTLS reads an extension when it needs it, and passes over dates and extensions that break their syntax; the emulator refuses a certificate that it cannot read whole.',
    rows: [
      'leaf-key-unknown',
      'no-seconds',
      'february-30',
      'leaf-path-length',
      'constraints-malformed',
      'path-length-negative',
      'usage-malformed',
      'eku-empty',
      'san-empty',
      'policy-twice',
    ],
  },
  {
    judges: ['openssl', 'certtool'],
    why: 'The same, in both.',
    rows: [
      'san-not-ascii',
      'policy-empty',
      'policy-inhibit-negative',
      'nc-empty',
      'nc-empty-list',
      'nc-dns-malformed-name',
    ],
  },
  {
    judges: ['openssl'],
    why: 'OpenSSL reads name constraints leniently, and applies them only where a name of their form appears; the standard forbids such constraints.',
    rows: ['nc-ip-base-mask', 'nc-minimum', 'nc-maximum', 'nc-trailing', 'nc-dns-base-malformed'],
  },
  {
    judges: ['openssl'],
    why: 'OpenSSL minds repetition only where it knows the extension; the standard forbids it for all.',
    rows: ['duplicate-unknown'],
  },
  {
    judges: ['openssl', 'certtool'],
    why: 'A critical extension with a part that is not understood is to be refused; neither program looks at qualifiers of policies.',
    rows: ['policy-critical-unknown'],
  },

  // What GnuTLS does not do.
  {
    judges: ['certtool'],
    why: 'GnuTLS compares distinguished names byte by byte, and not as section 7.1 says.',
    rows: ['names-case', 'names-blanks', 'names-string-kind'],
  },
  {
    judges: ['certtool'],
    why: 'GnuTLS knows name constraints for DNS names, addresses and mail only. It lets names of other forms pass, or refuses a certificate whose constraints it cannot apply.',
    rows: [
      'nc-dns-other-form',
      'nc-ip-4-under-6',
      'nc-ip-wrong-length',
      'nc-uri-below-host',
      'nc-uri-outside',
      'nc-uri-no-host',
      'nc-uri-address',
      'nc-dn-outside',
      'nc-dn-deeper',
      'nc-dn-not-excluded',
      'nc-dn-san',
      'nc-other-name-free',
      'nc-ca-itself',
    ],
  },
  {
    judges: ['certtool'],
    why: 'GnuTLS counts self-issued CAs against a path length.',
    rows: ['length-self-issued'],
  },
  {
    judges: ['certtool'],
    why: 'GnuTLS does not know policyConstraints, policyMappings and inhibitAnyPolicy, and refuses them as unknown critical extensions.',
    rows: [
      'policy-demanded',
      'policy-two-cas',
      'policy-any-ca',
      'policy-any-leaf',
      'policy-any-inhibited-later',
      'policy-explicit-2',
      'policy-leaf-demands-has',
      'policy-mapped',
      'policy-mapped-any',
      'policy-lenient',
    ],
  },
  {
    judges: ['certtool'],
    why: 'A list that GnuTLS does not believe (signature, dates, cRLSign, unknown critical extensions) is not used, and the certificate passes; the emulator refuses to start with it, or to tell.',
    rows: [
      'crl-damaged',
      'crl-no-crl-sign',
      'crl-number-critical',
      'crl-indirect',
      'crl-some-reasons',
      'crl-attribute',
      'crl-unknown-critical',
      'crl-entry-unknown-critical',
      'crl-stale',
      'crl-future',
    ],
  },

  // Revocation lists in general.
  {
    judges: ['openssl', 'certtool'],
    why: 'The standard demands a number and a next update, takes no delta for a list, and forbids to pass over an entry of another CA. Neither program insists.',
    rows: [
      'crl-no-number',
      'crl-delta',
      'crl-delta-not-critical',
      'crl-entry-issuer',
      'crl-no-next',
    ],
  },
  {
    judges: ['openssl', 'certtool'],
    why: 'A list of CAs says nothing of a leaf. OpenSSL then misses a list for it, GnuTLS does not look at the scope.',
    rows: ['crl-authorities-only'],
  },

  // Bounded work.
  {
    judges: ['openssl', 'certtool'],
    why: 'The emulator compares up to 50,000 names with constraints on a path; OpenSSL a million, GnuTLS without end.',
    rows: ['nc-many'],
  },
  {
    judges: ['openssl', 'certtool'],
    why: 'Policies mapped crosswise make OpenSSL’s tree grow until it gives up, and GnuTLS does not know mappings. A level of policies (RFC 9618) stays small.',
    rows: ['policy-explosion'],
  },
]

/** The reasons, counted from 1, why a judge differs on a row. */
export function reasonsFor(row: string, judge: OtherJudge): readonly number[] {
  return DIFFERENCES.flatMap(({ judges, rows }, index) =>
    rows.includes(row) && judges.includes(judge) ? [index + 1] : [],
  )
}
