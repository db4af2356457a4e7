/**
 * What people get wrong with flags, variables and the two AWS files.
 *
 * @module
 */

import { ARN_KEYS, ARNS, type Place, type SetUp, type Visit } from './place.ts'

export const BROKEN_SETTINGS: readonly SetUp[] = [
  {
    what: 'quotes around a path in the profile',
    pain: 33,
    id: 'settings-quotes',
    status: 'problem',
    says: /rolesanywhere_certificate in \[profile onprem\].+line 2.+no quotes/su,
    async prepare(place: Place): Promise<Visit> {
      const { certificatePath } = await place.issue()
      place.config(
        `[profile onprem]\nrolesanywhere_certificate = "${certificatePath}"\n${ARN_KEYS}`,
      )
      return { args: ['--profile', 'onprem'] }
    },
  },
  {
    what: 'half of the flags',
    pain: 33,
    id: 'settings-complete',
    status: 'problem',
    says: /--profile-arn/su,
    prepare: async (place) => ({ args: (await place.issue()).flags }),
  },
  {
    what: 'settings in a profile that nobody names',
    pain: 33,
    id: 'settings-complete',
    status: 'problem',
    says: /--profile onprem/su,
    async prepare(place: Place): Promise<Visit> {
      await place.profile()
      return { args: [] }
    },
  },
  {
    what: 'settings that are only flags inside credential_process',
    pain: 33,
    id: 'settings-complete',
    status: 'problem',
    says: /move them to rolesanywhere_\* keys/su,
    async prepare(place: Place): Promise<Visit> {
      const { flags } = await place.issue()
      place.config(
        `[profile onprem]\ncredential_process = /usr/bin/env rolesanywhere credential-process ${[...flags, ...ARNS].join(' ')}\n`,
      )
      return { args: ['--profile', 'onprem'] }
    },
  },
  {
    what: 'a misspelled key',
    pain: 33,
    id: 'settings-keys',
    status: 'warning',
    says: /rolesanywhere_intermediate\b/su,
    async prepare(place: Place): Promise<Visit> {
      await place.profile('rolesanywhere_intermediate = /x/ca.pem\n')
      return { args: ['--profile', 'onprem'] }
    },
  },
  {
    what: 'a profile that is not there',
    id: 'settings-profile',
    status: 'problem',
    says: /no profile "prod".+profiles found: onprem/su,
    async prepare(place: Place): Promise<Visit> {
      await place.profile()
      return { args: ['--profile', 'prod'] }
    },
  },
  {
    what: 'a config file with a broken line',
    id: 'settings-profile',
    status: 'problem',
    says: /line 1/su,
    prepare(place: Place): Visit {
      place.config(`[profile onprem\nrolesanywhere_certificate = /x/client.pem\n`)
      return { args: ['--profile', 'onprem'] }
    },
  },
  {
    what: '[onprem] without the word profile',
    id: 'settings-profile',
    status: 'problem',
    says: /write \[profile onprem\]/su,
    async prepare(place: Place): Promise<Visit> {
      const { certificatePath } = await place.issue()
      place.config(`[onprem]\nrolesanywhere_certificate = ${certificatePath}\n${ARN_KEYS}`)
      return { args: ['--profile', 'onprem'] }
    },
  },
  {
    what: 'another section without the word profile',
    id: 'settings-sections',
    status: 'warning',
    says: /\[backup\]/su,
    async prepare(place: Place): Promise<Visit> {
      await place.profile('\n[backup]\nregion = eu-west-1\n')
      return { args: ['--profile', 'onprem'] }
    },
  },
  {
    what: 'no HOME, as under systemd',
    pain: 54,
    id: 'settings-home',
    status: 'problem',
    says: /HOME is not set/su,
    prepare: () => ({ args: ['--profile', 'onprem'], env: { HOME: '' } }),
  },
  {
    what: 'a variable that takes the place of the profile',
    id: 'settings-shadowed',
    status: 'warning',
    says: /ROLESANYWHERE_ROLE_ARN.+counts before rolesanywhere_role_arn in \[profile onprem\]/su,
    async prepare(place: Place): Promise<Visit> {
      await place.profile()
      return {
        args: ['--profile', 'onprem'],
        env: { ROLESANYWHERE_ROLE_ARN: 'arn:aws:iam::900000000001:role/other' },
      }
    },
  },
  {
    what: 'keys of `update` in the credentials file before credential_process',
    pain: 11,
    id: 'settings-static-keys',
    status: 'problem',
    says: /\[onprem\] of ~\/\.aws\/credentials/su,
    async prepare(place: Place): Promise<Visit> {
      await place.profile(
        'credential_process = /usr/bin/env rolesanywhere credential-process --profile onprem\n',
      )
      place.credentials('[onprem]\naws_access_key_id = A\naws_secret_access_key = b\n')
      return { args: ['--profile', 'onprem'] }
    },
  },
  {
    what: 'credentials in variables',
    id: 'settings-static-keys',
    status: 'warning',
    says: /AWS_ACCESS_KEY_ID/su,
    async prepare(place: Place): Promise<Visit> {
      await place.profile()
      return { args: ['--profile', 'onprem'], env: { AWS_ACCESS_KEY_ID: 'A' } }
    },
  },
  {
    what: '~ in credential_process, which most SDKs do not expand',
    pain: 31,
    id: 'settings-credential-process',
    status: 'warning',
    says: /~ and \$/su,
    async prepare(place: Place): Promise<Visit> {
      await place.profile('credential_process = ~/bin/rolesanywhere credential-process\n')
      return { args: ['--profile', 'onprem'] }
    },
  },
  {
    what: 'credential_process over two lines',
    pain: 33,
    id: 'settings-credential-process',
    status: 'warning',
    says: /several lines/su,
    async prepare(place: Place): Promise<Visit> {
      await place.profile(
        'credential_process = /usr/bin/env rolesanywhere credential-process \\\n  --profile onprem\n',
      )
      return { args: ['--profile', 'onprem'] }
    },
  },
  {
    what: 'a program that is not on PATH',
    pain: 31,
    id: 'settings-credential-process',
    status: 'warning',
    says: /"rolesanywhere-of-nobody" is missing/su,
    async prepare(place: Place): Promise<Visit> {
      await place.profile('credential_process = rolesanywhere-of-nobody --profile onprem\n')
      return { args: ['--profile', 'onprem'] }
    },
  },
  {
    what: 'cat of a file that no service keeps',
    id: 'settings-credential-process',
    status: 'warning',
    says: /"\/run\/nobody\/onprem\.json" is not there/su,
    async prepare(place: Place): Promise<Visit> {
      await place.profile('credential_process = cat /run/nobody/onprem.json\n')
      return { args: ['--profile', 'onprem'] }
    },
  },
  {
    what: 'credential_process with the settings of another profile',
    id: 'settings-credential-process',
    status: 'warning',
    says: /profile "prod".+"onprem"/su,
    async prepare(place: Place): Promise<Visit> {
      await place.profile(
        'credential_process = /usr/bin/env rolesanywhere credential-process --profile prod\n',
      )
      return { args: ['--profile', 'onprem'] }
    },
  },
  {
    what: 'a relative path in the profile',
    id: 'settings-relative-paths',
    status: 'warning',
    says: /client\.pem/su,
    async prepare(place: Place): Promise<Visit> {
      await place.issue()
      place.config(`[profile onprem]\nrolesanywhere_certificate = client.pem\n${ARN_KEYS}`)
      return { args: ['--profile', 'onprem'], cwd: place.folder }
    },
  },
  {
    what: 'a relative path in the profile, from elsewhere',
    id: 'certificate-readable',
    status: 'problem',
    says: /"\/[^"]*\/client\.pem"/su,
    async prepare(place: Place): Promise<Visit> {
      await place.issue()
      place.config(`[profile onprem]\nrolesanywhere_certificate = client.pem\n${ARN_KEYS}`)
      return { args: ['--profile', 'onprem'], cwd: place.stage.folder }
    },
  },
  {
    what: 'AWS_ENDPOINT_URL of a LocalStack',
    id: 'settings-endpoint',
    status: 'warning',
    says: /AWS_ENDPOINT_URL.+--ignore-configured-endpoint-urls/su,
    async prepare(place: Place): Promise<Visit> {
      await place.profile()
      return {
        args: ['--profile', 'onprem'],
        env: { AWS_ENDPOINT_URL: 'http://localhost:4566' },
      }
    },
  },
  {
    what: 'a config file that everybody may write',
    id: 'settings-config-file',
    status: 'problem',
    says: /can be written by every user.+chmod go-w/su,
    async prepare(place: Place): Promise<Visit> {
      await place.profile()
      place.openToAll('.aws/config')
      return { args: ['--profile', 'onprem'] }
    },
  },
  {
    what: 'a password on the command line',
    pain: 3,
    id: 'settings-warnings',
    status: 'warning',
    says: /--pkcs8-password shows the password/su,
    prepare: async (place) => ({
      args: [...(await place.issue()).flags, ...ARNS, '--pkcs8-password', 'hunter2'],
    }),
  },
  {
    what: 'a FIPS endpoint and an endpoint of one’s own',
    pain: 38,
    id: 'settings-together',
    status: 'problem',
    says: /exclude each other/su,
    prepare: async (place) => ({
      args: [
        ...[...(await place.issue()).flags, ...ARNS, '--use-fips-endpoint'],
        ...['--endpoint', 'https://vpce.example.com'],
      ],
    }),
  },
  {
    what: 'a session shorter than AWS gives',
    pain: 24,
    id: 'settings-values',
    status: 'problem',
    says: /--session-duration/su,
    prepare: async (place) => ({
      args: [...(await place.issue()).flags, ...ARNS, '--session-duration', '60'],
    }),
  },
  {
    what: 'ARNs in each other’s place',
    pain: 38,
    id: 'arns-form',
    status: 'problem',
    says: /but of a profile/su,
    prepare: async (place) => ({
      args: [
        ...(await place.issue()).flags,
        ...ARNS.map((word) => (word === ARNS[1] ? (ARNS[3] ?? '') : word)),
      ],
    }),
  },
  {
    what: 'a role of another account',
    id: 'arns-agree',
    status: 'problem',
    says: /900000000002/su,
    prepare: async (place) => ({
      args: [
        ...(await place.issue()).flags,
        ...ARNS.map((word) => word.replace('iam::900000000001', 'iam::900000000002')),
      ],
    }),
  },
  {
    what: 'an identifier left from an example',
    id: 'arns-placeholder',
    status: 'problem',
    says: /PROFILE_ID/su,
    prepare: async (place) => ({
      args: [
        ...(await place.issue()).flags,
        ...ARNS.map((word) => word.replace(/profile\/.+/u, 'profile/PROFILE_ID')),
      ],
    }),
  },
  {
    what: 'a region that is not the trust anchor’s',
    pain: 38,
    id: 'arns-region',
    status: 'problem',
    says: /eu-west-1/su,
    prepare: async (place) => ({
      args: [...(await place.issue()).flags, ...ARNS, '--region', 'eu-west-1'],
    }),
  },
]
