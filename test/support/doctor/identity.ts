/**
 * What people get wrong with certificates, keys and chains.
 *
 * @module
 */

import { createAuthority, type CertificateOptions } from '../../../src/emulator/throwaway-pki.ts'
import { ARNS, type Place, type SetUp, type Visit } from './place.ts'

const DAY = 86_400_000
const inDays = (days: number): Date => new Date(Date.now() + days * DAY)

/** A certificate with one thing about it. */
function certificate(
  what: string,
  id: string,
  status: SetUp['status'],
  options: CertificateOptions,
  more: Pick<SetUp, 'pain' | 'says'> = {},
): SetUp {
  return { what, id, status, ...more, prepare: (place) => withCertificate(place, options) }
}

async function withCertificate(place: Place, options: CertificateOptions): Promise<Visit> {
  return { args: [...(await place.issue(options)).flags, ...ARNS] }
}

/** A leaf below an intermediate, which the settings do not name. */
async function belowIntermediate(
  place: Place,
  issuing: CertificateOptions = {},
): Promise<{ readonly flags: readonly string[]; readonly intermediatePem: string }> {
  const intermediate = await place.stage.authority.issueAuthority({
    subject: 'CN=Issuing CA',
    ...issuing,
  })
  const { flags } = await place.issue({}, intermediate)
  return { flags, intermediatePem: intermediate.certificatePem }
}

const OPENSSL_KEY = ['ecparam', '-name', 'prime256v1', '-genkey', '-noout']

export const BROKEN_IDENTITIES: readonly SetUp[] = [
  certificate(
    'an expired certificate',
    'certificate-dates',
    'problem',
    {
      notBefore: inDays(-60),
      notAfter: inDays(-1),
    },
    { pain: 15, says: /expired/su },
  ),
  certificate(
    'a certificate of tomorrow',
    'certificate-dates',
    'problem',
    {
      notBefore: inDays(1),
      notAfter: inDays(60),
    },
    { pain: 15, says: /not valid before/su },
  ),
  certificate(
    'a certificate that ends soon',
    'certificate-renewal',
    'warning',
    {
      notBefore: inDays(-90),
      notAfter: inDays(3),
    },
    { pain: 43, says: /2 days left/su },
  ),
  certificate('version 1', 'certificate-version', 'problem', { version: 1 }, { pain: 15 }),
  certificate('a leaf with CA true', 'certificate-ca', 'problem', { isCa: true }, { pain: 15 }),
  certificate('no keyUsage', 'certificate-key-usage', 'problem', { keyUsage: null }, { pain: 15 }),
  certificate(
    'only keyEncipherment',
    'certificate-key-usage',
    'problem',
    {
      keyUsage: ['keyEncipherment'],
    },
    { pain: 15, says: /digitalSignature is missing/su },
  ),
  certificate('SHA-1', 'certificate-hash', 'problem', { hash: 'SHA-1' }, { pain: 15 }),
  certificate('RSA with 1024 bits', 'certificate-key-type', 'warning', {
    keyType: 'rsa',
    modulusLength: 1024,
  }),
  certificate('serial number 0', 'certificate-serial-number', 'problem', { serialNumber: 0n }),
  certificate('an empty subject', 'certificate-subject', 'problem', { subject: '' }),
  certificate('a CN that is too long', 'certificate-common-name', 'problem', {
    subject: `CN=${'x'.repeat(65)}`,
  }),
  certificate(
    'a CN with parentheses',
    'certificate-tag-characters',
    'warning',
    {
      subject: 'CN=backup (berlin)',
    },
    { pain: 59, says: /backup \(berlin\)/su },
  ),
  certificate('an OU that is too long', 'certificate-tag-length', 'warning', {
    subject: `CN=backup,OU=${'x'.repeat(257)}`,
  }),
  {
    what: 'extendedKeyUsage of a server',
    pain: 15,
    id: 'certificate-extended-key-usage',
    status: 'warning',
    prepare(place: Place): Visit {
      place.openssl(...OPENSSL_KEY, '-out', 'server.key')
      place.openssl(
        ...['req', '-x509', '-key', 'server.key', '-out', 'server.pem', '-subj', '/CN=web'],
        ...['-addext', 'keyUsage=digitalSignature', '-addext', 'extendedKeyUsage=serverAuth'],
        ...['-addext', 'basicConstraints=critical,CA:FALSE'],
      )
      return {
        args: [
          ...['--certificate', `${place.folder}/server.pem`],
          ...['--private-key', `${place.folder}/server.key`, ...ARNS],
        ],
      }
    },
  },
  {
    what: 'an Ed25519 key',
    pain: 58,
    id: 'certificate-key-type',
    status: 'problem',
    says: /ed25519/su,
    prepare(place: Place): Visit {
      place.openssl('genpkey', '-algorithm', 'ed25519', '-out', 'ed.key')
      place.openssl(
        ...['req', '-x509', '-key', 'ed.key', '-out', 'ed.pem', '-subj', '/CN=web'],
        ...['-addext', 'keyUsage=digitalSignature'],
      )
      return {
        args: [
          ...['--certificate', `${place.folder}/ed.pem`],
          ...['--private-key', `${place.folder}/ed.key`, ...ARNS],
        ],
      }
    },
  },
  {
    what: 'a variable that holds no certificate',
    pain: 34,
    id: 'certificate-readable',
    status: 'problem',
    says: /CLIENT_CERTIFICATE/su,
    prepare: async (place) => ({
      args: [
        ...['--certificate', 'env:CLIENT_CERTIFICATE'],
        ...['--private-key', (await place.issue()).privateKeyPath, ...ARNS],
      ],
    }),
  },
  {
    what: 'a certificate that is not there',
    id: 'certificate-readable',
    status: 'problem',
    says: /no such file/su,
    prepare: async (place) => ({
      args: [
        ...['--certificate', `${place.folder}/nothing.pem`],
        ...['--private-key', (await place.issue()).privateKeyPath, ...ARNS],
      ],
    }),
  },
  {
    what: 'certificate and key in each other’s place',
    id: 'certificate-readable',
    status: 'problem',
    says: /swapped/su,
    async prepare(place: Place): Promise<Visit> {
      const { certificatePath, privateKeyPath } = await place.issue()
      return {
        args: ['--certificate', privateKeyPath, '--private-key', certificatePath, ...ARNS],
      }
    },
  },
  {
    what: 'a folder with two pairs',
    id: 'certificate-choice',
    status: 'problem',
    says: /--cert-selector/su,
    async prepare(place: Place): Promise<Visit> {
      await place.issue({ subject: 'CN=one' }, place.stage.authority, 'one')
      await place.issue({ subject: 'CN=two' }, place.stage.authority, 'two')
      return { args: ['--certificate', place.folder, ...ARNS] }
    },
  },
  {
    what: 'a renewed certificate beside its old key',
    pain: 2,
    id: 'key-match',
    status: 'problem',
    says: /does not belong to the certificate/su,
    async prepare(place: Place): Promise<Visit> {
      const { privateKeyPath } = await place.issue({}, place.stage.authority, 'old')
      const { certificatePath } = await place.issue({}, place.stage.authority, 'new')
      return {
        args: ['--certificate', certificatePath, '--private-key', privateKeyPath, ...ARNS],
      }
    },
  },
  {
    what: 'the root in place of the certificate',
    id: 'key-match',
    status: 'problem',
    says: /only the certificate of a CA, a root/su,
    async prepare(place: Place): Promise<Visit> {
      const root = place.write('root.pem', place.stage.authority.certificatePem)
      const { privateKeyPath } = await place.issue()
      return { args: ['--certificate', root, '--private-key', privateKeyPath, ...ARNS] }
    },
  },
  {
    what: 'the intermediate in place of the certificate',
    id: 'certificate-ca',
    status: 'problem',
    says: /CA certificate/su,
    async prepare(place: Place): Promise<Visit> {
      const { flags, intermediatePem } = await belowIntermediate(place)
      const path = place.write('intermediate.pem', intermediatePem)
      return { args: ['--certificate', path, '--private-key', flags[3] ?? '', ...ARNS] }
    },
  },
  {
    what: 'an encrypted key and no password',
    pain: 36,
    id: 'key-password',
    status: 'problem',
    says: /--key-password/su,
    async prepare(place: Place): Promise<Visit> {
      const { certificatePath } = await place.issue()
      place.openssl(
        ...['pkcs8', '-topk8', '-in', 'client.key', '-out', 'closed.key'],
        ...['-v2', 'aes-256-cbc', '-passout', 'pass:secret'],
      )
      return {
        args: [
          ...['--certificate', certificatePath],
          ...['--private-key', `${place.folder}/closed.key`, ...ARNS],
        ],
      }
    },
  },
  {
    what: 'a password that nobody can be asked for',
    pain: 26,
    id: 'key-password',
    status: 'problem',
    says: /terminal/su,
    async prepare(place: Place): Promise<Visit> {
      const { certificatePath } = await place.issue()
      place.openssl(
        ...['pkcs8', '-topk8', '-in', 'client.key', '-out', 'closed.key'],
        ...['-v2', 'aes-256-cbc', '-passout', 'pass:secret'],
      )
      return {
        args: [
          ...['--certificate', certificatePath, '--key-password', 'prompt'],
          ...['--private-key', `${place.folder}/closed.key`, ...ARNS],
        ],
      }
    },
  },
  {
    what: 'a PKCS#12 file and the wrong password',
    pain: 12,
    id: 'key-password',
    status: 'problem',
    says: /password/su,
    async prepare(place: Place): Promise<Visit> {
      await place.issue()
      place.openssl(
        ...['pkcs12', '-export', '-in', 'client.pem', '-inkey', 'client.key'],
        ...['-out', 'client.p12', '-passout', 'pass:secret'],
      )
      return {
        args: [
          ...['--certificate', `${place.folder}/client.p12`, '--key-password', 'env:PASSWORD'],
          ...ARNS,
        ],
        env: { PASSWORD: 'another' },
      }
    },
  },
  {
    what: 'a key in the old encryption of OpenSSL',
    pain: 36,
    id: 'key-encryption',
    status: 'warning',
    async prepare(place: Place): Promise<Visit> {
      const { certificatePath } = await place.issue({ keyType: 'rsa' })
      place.openssl(
        ...['rsa', '-in', 'client.key', '-out', 'old.key', '-traditional', '-aes128'],
        ...['-passout', 'pass:secret'],
      )
      return {
        args: [
          ...['--certificate', certificatePath, '--private-key', `${place.folder}/old.key`],
          ...['--key-password', 'env:PASSWORD', ...ARNS],
        ],
        env: { PASSWORD: 'secret' },
      }
    },
  },
  {
    what: 'a key that everybody may read',
    id: 'key-permissions',
    status: 'warning',
    says: /0666.+chmod 600/su,
    async prepare(place: Place): Promise<Visit> {
      const { flags } = await place.issue()
      place.openToAll('client.key')
      return { args: [...flags, ...ARNS] }
    },
  },
  {
    what: 'a key in the form of OpenSSH',
    id: 'key-kind',
    status: 'problem',
    says: /OpenSSH/su,
    async prepare(place: Place): Promise<Visit> {
      const { certificatePath } = await place.issue()
      const key = place.write(
        'id_ecdsa',
        '-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjE=\n-----END OPENSSH PRIVATE KEY-----\n',
      )
      return { args: ['--certificate', certificatePath, '--private-key', key, ...ARNS] }
    },
  },
  {
    what: 'a key file that is not there',
    id: 'key-readable',
    status: 'problem',
    says: /no such file/su,
    prepare: async (place) => ({
      args: [
        ...['--certificate', (await place.issue()).certificatePath],
        ...['--private-key', `${place.folder}/nothing.key`, ...ARNS],
      ],
    }),
  },
  {
    what: 'a TPM that is not there',
    pain: 55,
    id: 'key-tpm',
    status: 'problem',
    prepare: async (place) => ({
      args: [
        ...['--certificate', (await place.issue()).certificatePath, ...ARNS],
        ...['--private-key', 'handle:0x81000001', '--tpm-device', `${place.folder}/tpm`],
      ],
    }),
  },
  {
    what: 'an intermediate that lies beside and is not named',
    pain: 18,
    id: 'chain-issuer',
    status: 'warning',
    says: /"CN=Issuing CA" issued "CN=backup".+intermediate\.crt.+chain sent: none.+--intermediates/su,
    async prepare(place: Place): Promise<Visit> {
      const { flags, intermediatePem } = await belowIntermediate(place)
      place.write('intermediate.crt', intermediatePem)
      return { args: [...flags, ...ARNS] }
    },
  },
  {
    what: 'intermediates of another CA',
    pain: 4,
    id: 'chain-strangers',
    status: 'warning',
    says: /CN=Other Issuing/su,
    async prepare(place: Place): Promise<Visit> {
      const other = await createAuthority({ subject: 'CN=Other' })
      const stranger = await other.issueAuthority({ subject: 'CN=Other Issuing' })
      const path = place.write('others.pem', stranger.certificatePem)
      return { args: [...(await place.issue()).flags, '--intermediates', path, ...ARNS] }
    },
  },
  {
    what: 'an intermediate that has expired',
    id: 'chain-dates',
    status: 'problem',
    async prepare(place: Place): Promise<Visit> {
      const { flags, intermediatePem } = await belowIntermediate(place, {
        notBefore: inDays(-90),
        notAfter: inDays(-1),
      })
      const path = place.write('chain.pem', intermediatePem)
      return { args: [...flags, '--intermediates', path, ...ARNS] }
    },
  },
  {
    what: 'an intermediate that is no CA',
    id: 'chain-ca',
    status: 'problem',
    async prepare(place: Place): Promise<Visit> {
      const { flags, intermediatePem } = await belowIntermediate(place, { isCa: false })
      const path = place.write('chain.pem', intermediatePem)
      return { args: [...flags, '--intermediates', path, ...ARNS] }
    },
  },
  {
    what: 'six intermediates',
    id: 'chain-length',
    status: 'problem',
    async prepare(place: Place): Promise<Visit> {
      let { authority } = place.stage
      const pems: string[] = []
      for (const level of [1, 2, 3, 4, 5, 6]) {
        authority = await authority.issueAuthority({ subject: `CN=Level ${level}` })
        pems.push(authority.certificatePem)
      }
      const { flags } = await place.issue({}, authority)
      return { args: [...flags, '--intermediates', place.write('all.pem', pems.join('')), ...ARNS] }
    },
  },
  {
    what: 'intermediates that are not there',
    id: 'chain-readable',
    status: 'problem',
    prepare: async (place) => ({
      args: [
        ...(await place.issue()).flags,
        ...['--intermediates', `${place.folder}/nothing.pem`, ...ARNS],
      ],
    }),
  },
]
