/**
 * What the network, AWS, and those who set it up there get wrong.
 *
 * @module
 */

import type { CertificateOptions } from '../../../src/emulator/throwaway-pki.ts'
import type { StagedEmulatorOptions } from '../cli-stage.ts'
import { ARNS, PROFILE, type Place, type SetUp, type Visit } from './place.ts'

/** With a good certificate, against an emulator. */
async function online(
  place: Place,
  emulator: StagedEmulatorOptions,
  more: readonly string[] = [],
  certificate: CertificateOptions = {},
): Promise<Visit> {
  const { flags } = await place.issue(certificate)
  const { url } = await place.stage.emulate(emulator)
  return { args: [...flags, ...ARNS, '--online', '--endpoint', url, ...more] }
}

async function elsewhere(
  place: Place,
  more: readonly string[],
  env?: Visit['env'],
): Promise<Visit> {
  const args = [...(await place.issue()).flags, ...ARNS, '--online', ...more]
  return env === undefined ? { args } : { args, env }
}

export const BROKEN_ONLINE: readonly SetUp[] = [
  {
    what: 'a proxy that is down',
    pain: 29,
    id: 'network-proxy',
    status: 'problem',
    says: /127\.0\.0\.1:1 refused.+HTTPS_PROXY/su,
    prepare: (place) => elsewhere(place, [], { HTTPS_PROXY: 'http://127.0.0.1:1' }),
  },
  {
    what: 'a name that does not resolve',
    id: 'network-name',
    status: 'problem',
    // Longer than a label may be, so no name server is asked.
    prepare: (place) =>
      elsewhere(place, ['--endpoint', `https://${'a'.repeat(64)}.invalid`], { HTTPS_PROXY: '' }),
  },
  {
    what: 'nobody listens there',
    id: 'network-connection',
    status: 'problem',
    says: /refused/su,
    prepare: (place) => elsewhere(place, ['--endpoint', 'http://127.0.0.1:1']),
  },
  {
    what: 'TLS of an issuer that is not trusted',
    pain: 30,
    id: 'network-tls',
    status: 'problem',
    says: /issued by "CN=Emulator TLS CA".+--ca-bundle/su,
    prepare: (place) => online(place, { tls: true }),
  },
  {
    what: 'a CA bundle without a certificate',
    pain: 30,
    id: 'network-ca-bundle',
    status: 'problem',
    prepare: (place) =>
      online(place, { tls: true }, ['--ca-bundle', place.write('empty.pem', 'none\n')]),
  },
  {
    what: 'a server that redirects, as a captive portal does',
    id: 'network-answer',
    status: 'problem',
    prepare: (place) => online(place, { faults: ['redirect=http://127.0.0.1:1/'] }),
  },
  {
    what: 'a clock that is ten minutes off',
    pain: 37,
    id: 'network-clock',
    status: 'problem',
    says: /\b(?:599|600|601) s behind/su,
    prepare: (place) => online(place, { clock: () => Date.now() + 600_000 }),
  },
  {
    what: 'an intermediate that is nowhere',
    pain: 15,
    id: 'chain-anchor',
    status: 'problem',
    says: /no trust anchor "CN=Issuing CA" \(chain sent: none\)/su,
    async prepare(place: Place): Promise<Visit> {
      const intermediate = await place.stage.authority.issueAuthority({ subject: 'CN=Issuing CA' })
      const { flags } = await place.issue({}, intermediate)
      const { url } = await place.stage.emulate()
      return { args: [...flags, ...ARNS, '--online', '--endpoint', url] }
    },
  },
  {
    what: 'a certificate that was revoked',
    id: 'service-certificate',
    status: 'problem',
    says: /revoked/su,
    prepare: async (place) =>
      online(place, { revocationLists: await place.stage.authority.revocationList([4711n]) }, [], {
        serialNumber: 4711n,
      }),
  },
  {
    what: 'a trust anchor that is disabled',
    id: 'service-resources',
    status: 'problem',
    prepare: (place) => online(place, { resources: { trustAnchorEnabled: false } }),
  },
  {
    what: 'a profile that is disabled',
    id: 'service-resources',
    status: 'problem',
    prepare: (place) => online(place, { resources: { profileEnabled: false } }),
  },
  {
    what: 'a profile that does not exist',
    id: 'service-resources',
    status: 'problem',
    says: /ResourceNotFoundException.+--profile-arn/su,
    prepare: (place) =>
      online(place, { resources: { profileArns: [PROFILE.replace('1b2c', '9999')] } }),
  },
  {
    what: 'a role that the profile does not list',
    id: 'service-role',
    status: 'problem',
    says: /the profile must list the role/su,
    prepare: (place) =>
      online(place, { resources: { roleArns: ['arn:aws:iam::900000000001:role/other'] } }),
  },
  {
    what: 'a session name that the profile does not accept',
    pain: 47,
    id: 'service-role',
    status: 'problem',
    says: /--role-session-name/su,
    prepare: (place) => online(place, {}, ['--role-session-name', 'nightly']),
  },
  {
    what: 'a session longer than the role allows',
    pain: 24,
    id: 'service-role',
    status: 'problem',
    says: /--session-duration/su,
    prepare: (place) =>
      online(place, { profileDuration: 43_200, maxSessionDuration: 3600 }, [
        ...['--session-duration', '7200'],
      ]),
  },
  {
    what: 'too many sessions',
    pain: 5,
    id: 'service-available',
    status: 'problem',
    says: /ThrottlingException/su,
    prepare: (place) => online(place, { faults: ['throttle=0,retry-after=400'] }),
  },
  {
    what: 'a fault of AWS',
    id: 'service-available',
    status: 'problem',
    prepare: (place) => online(place, { faults: ['status=503'] }),
  },
  {
    what: 'a refusal that nobody knows',
    pain: 15,
    id: 'service-access',
    status: 'problem',
    prepare: (place) => online(place, { faults: ['deny=something new'] }),
  },
  {
    what: 'a signer command that fails',
    pain: 46,
    id: 'key-signs',
    status: 'problem',
    async prepare(place: Place): Promise<Visit> {
      const { certificatePath } = await place.issue()
      const { url } = await place.stage.emulate()
      return {
        args: [
          ...['--certificate', certificatePath, '--signer-command', 'exit 3', ...ARNS],
          ...['--online', '--endpoint', url],
        ],
      }
    },
  },
]
