import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { RolesAnywhereError } from '../../../src/core/errors.ts'
import type { Flags } from '../../../src/settings/given-settings.ts'
import { resolveSettings, type ResolvedSettings } from '../../../src/settings/resolve-settings.ts'
import { flagFor } from '../../../src/settings/name-setting.ts'
import type { CommandName } from '../../../src/settings/setting-row.ts'
import { inWords } from '../../../src/core/wording.ts'
import { refusalOf } from '../../support/refusal.ts'

const ARN = 'arn:aws:rolesanywhere:eu-central-1:111122223333'
const TRUST_ANCHOR = `${ARN}:trust-anchor/11111111-2222-3333-4444-555555555555`
const PROFILE = `${ARN}:profile/11111111-2222-3333-4444-555555555555`
const ROLE = 'arn:aws:iam::111122223333:role/test'

const REQUIRED: Flags = {
  'trust-anchor-arn': TRUST_ANCHOR,
  'profile-arn': PROFILE,
  'role-arn': ROLE,
  certificate: 'client.pem',
}

interface World {
  readonly flags?: Flags
  readonly env?: Readonly<Record<string, string>>
  readonly config?: string
  readonly credentials?: string
  readonly readFile?: (path: string) => Uint8Array | undefined
  readonly currentFolder?: () => string
}

function resolve<C extends CommandName>(command: C, world: World = {}): ResolvedSettings<C> {
  const files: Record<string, string | undefined> = {
    '/home/u/.aws/config': world.config,
    '/home/u/.aws/credentials': world.credentials,
  }
  return resolveSettings({
    command,
    flags: world.flags ?? {},
    env: { HOME: '/home/u', ...world.env },
    platform: 'linux',
    ...(world.currentFolder === undefined ? {} : { currentFolder: world.currentFolder }),
    readFile:
      world.readFile ??
      ((path) => (files[path] === undefined ? undefined : Buffer.from(files[path]))),
  })
}

/** `credential-process` with everything it needs given by flags. */
function withRequired({ flags, ...world }: World = {}): ResolvedSettings<'credential-process'> {
  return resolve('credential-process', { ...world, flags: { ...REQUIRED, ...flags } })
}

describe('a setting', () => {
  it('comes from the flag, else the environment, else the profile, else the default', () => {
    const config = '[default]\nrolesanywhere_digest = SHA512\n'
    const env = { ROLESANYWHERE_DIGEST: 'sha384' }
    const flags = { 'private-key': 'k' }
    const digest = (world: World) =>
      resolve('sign-string', { ...world, flags: { ...flags, ...world.flags } }).settings.digest
    expect(digest({ config, env, flags: { digest: 'SHA256' } })).toBe('SHA256')
    expect(digest({ config, env })).toBe('SHA384')
    expect(digest({ config })).toBe('SHA512')
    expect(digest({})).toBe('SHA256')
  })

  it('says where it came from', () => {
    const { sources } = withRequired({
      flags: { region: 'eu-west-1' },
      env: { AWS_CA_BUNDLE: '/ca.pem', AWS_PROFILE: 'onprem' },
      config: '[profile onprem]\nrolesanywhere_timeout = 30\n',
    })
    expect(sources.filter(({ name }) => !Object.hasOwn(REQUIRED, name))).toEqual(
      expect.arrayContaining([
        { name: 'region', origin: '--region', shown: 'eu-west-1' },
        { name: 'caBundle', origin: 'AWS_CA_BUNDLE', shown: '/ca.pem' },
        {
          name: 'timeout',
          origin: 'rolesanywhere_timeout in [profile onprem] of ~/.aws/config, line 2',
          shown: '30',
        },
      ]),
    )
  })

  it.each([
    ['flag', { flags: { region: '' } }],
    ['environment', { env: { ROLESANYWHERE_REGION: '' } }],
    ['profile', { config: '[default]\nrolesanywhere_region =\n' }],
  ])('that is empty counts as not given by %s', (_place, world: World) => {
    const { settings, sources } = withRequired(world)
    expect(settings.region).toBeUndefined()
    expect(sources.map(({ name }) => name)).not.toContain('region')
  })

  it('of the tool goes before what AWS calls it, within one place', () => {
    const env = { ROLESANYWHERE_CA_BUNDLE: '/ours', AWS_CA_BUNDLE: '/aws' }
    const config = '[default]\nca_bundle = /aws\nrolesanywhere_ca_bundle = /ours\n'
    expect(withRequired({ env }).settings.caBundle).toBe('/ours')
    expect(withRequired({ config }).settings.caBundle).toBe('/ours')
  })
})

describe('values', () => {
  it('become what the table says', () => {
    const { settings } = withRequired({
      flags: {
        endpoint: 'https://vpce.example/base',
        'session-duration': '900',
        'no-verify-ssl': 'true',
        'ca-bundle': '~/ca.pem',
        'log-format': 'JSON',
        proxy: 'http://user:pass@proxy:3128',
      },
      env: { ROLESANYWHERE_DEBUG: '1', NO_PROXY: 'a,b' },
    })
    expect(settings.trustAnchorArn).toMatchObject({ kind: 'trust-anchor', region: 'eu-central-1' })
    expect(settings.profileArn.kind).toBe('profile')
    expect(settings.roleArn.accountId).toBe('111122223333')
    expect(settings.endpoint?.href).toBe('https://vpce.example/base')
    expect(settings.sessionDuration).toBe(900)
    expect(settings.noVerifySsl).toBe(true)
    expect(settings.caBundle).toBe('/home/u/ca.pem')
    expect(settings.logFormat).toBe('json')
    expect(settings.debug).toBe(true)
    expect(settings.strictPermissions).toBe(false)
    expect(settings.proxy).toBe('http://user:pass@proxy:3128')
    expect(settings.noProxy).toBe('a,b')
  })

  it('of booleans are written as Go writes them, in any case of letters', () => {
    for (const text of ['true', 'TRUE', 't', '1']) {
      expect(withRequired({ flags: { debug: text } }).settings.debug).toBe(true)
    }
    for (const text of ['false', 'False', 'F', '0']) {
      expect(withRequired({ flags: { debug: text } }).settings.debug).toBe(false)
    }
    expect(withRequired({ flags: { debug: 'false' } }).settings.debug).toBe(false)
  })

  it('of a repeated flag stay apart, commas and all', () => {
    const flags = { 'trust-anchor': 'ca.pem', fault: ['throttle=1,retry-after=2', 'slow'] }
    expect(resolve('emulator', { flags }).settings.fault).toEqual([
      'throttle=1,retry-after=2',
      'slow',
    ])
  })

  it.each([
    ['--session-duration', { flags: { 'session-duration': '899' } }, /"899" is not a time/],
    ['--session-duration', { flags: { 'session-duration': '1e3' } }, /from 900 to 43200/],
    ['--session-duration', { flags: { 'session-duration': '13h' } }, /from 900 to 43200/],
    ['ROLESANYWHERE_TIMEOUT', { env: { ROLESANYWHERE_TIMEOUT: '-1' } }, /from 1 to 3600/],
    ['--debug', { flags: { debug: 'yes' } }, /"yes" is neither true nor false/],
    ['AWS_USE_FIPS_ENDPOINT', { env: { AWS_USE_FIPS_ENDPOINT: 'on' } }, /neither/],
    ['--log-format', { flags: { 'log-format': 'xml' } }, /"xml" is none of text, json/],
    ['--region', { flags: { region: 'eu central' } }, /is not a region/],
    ['--certificate', { flags: { certificate: 'a\u0000b' } }, /control character/],
    [
      'rolesanywhere_role_session_name in [default] of ~/.aws/config, line 2',
      { config: '[default]\nrolesanywhere_role_session_name = a\n b\n' },
      /control character/,
    ],
  ])('that cannot be are refused with their origin: %s', (origin, world: World, message) => {
    const error = refusalOf(() => withRequired(world))
    expect(error.code).toBe('ERR_USAGE_INVALID_VALUE')
    expect(error.message).toMatch(message)
    expect(error.message.startsWith(`${origin}: `)).toBe(true)
    expect(error.detail['origin']).toBe(origin)
  })

  it('that core refuses keep its code and hint', () => {
    const arn = refusalOf(() => withRequired({ flags: { 'role-arn': TRUST_ANCHOR } }))
    expect(arn.code).toBe('ERR_CONFIG_ARN_INVALID')
    expect(arn.message).toMatch(/^--role-arn: .* is not the ARN of a role/)
    expect(arn.inNamesOf(flagFor).hint).toContain('--trust-anchor-arn')
    const endpoint = refusalOf(() =>
      withRequired({ env: { AWS_ENDPOINT_URL: 'http://stack:4566' } }),
    )
    expect(endpoint.code).toBe('ERR_CONFIG_ENDPOINT_INVALID')
    expect(endpoint.message).toMatch(/^AWS_ENDPOINT_URL: plain http/)
  })
})

describe('times', () => {
  it.each([
    ['3600', 3600],
    ['3600s', 3600],
    ['90m', 5400],
    ['1h', 3600],
    ['1H', 3600],
  ])('may be written as %s', (text, seconds) => {
    expect(withRequired({ flags: { 'session-duration': text } }).settings.sessionDuration).toBe(
      seconds,
    )
  })

  it('of waiting too', () => {
    expect(withRequired({ env: { ROLESANYWHERE_TIMEOUT: '2m' } }).settings.timeout).toBe(120)
  })

  it.each(['1.5h', '1d', 'h', '-1h', '1 h', '0x10', '1h30m'])('are not written as %s', (text) => {
    const error = refusalOf(() => withRequired({ flags: { 'session-duration': text } }))
    expect(error.message).toContain('as in 3600, 90m or 1h')
  })
})

describe('values of a profile', () => {
  const profile = (line: string, currentFolder?: () => string) =>
    withRequired({
      flags: { certificate: '' },
      config: `[default]\nrolesanywhere_certificate = /c.pem\n${line}\n`,
      ...(currentFolder === undefined ? {} : { currentFolder }),
    })

  it.each(['"/x/client.pem"', "'/x/client.pem'"])('take no quotes: %s', (value) => {
    const error = refusalOf(() => profile(`rolesanywhere_private_key = ${value}`))
    expect(error.code).toBe('ERR_USAGE_INVALID_VALUE')
    expect(error.message).toBe(
      'rolesanywhere_private_key in [default] of ~/.aws/config, line 3: the value is in quotes',
    )
    expect(error.hint).toContain('take no quotes')
  })

  it('may have quotes where a shell reads them, and inside', () => {
    const command = '"/opt/my signer"'
    expect(profile(`rolesanywhere_signer_command = ${command}`).settings.signerCommand).toBe(
      command,
    )
    const name = profile(`rolesanywhere_cert_selector = "a" b "c"`).settings.certSelector
    expect(name).toBe('"a" b "c"')
  })

  it('that are relative paths become absolute, from where the program runs', () => {
    const { privateKey, caBundle } = profile(
      'rolesanywhere_private_key = a/b.key\nca_bundle = ca.pem',
      () => '/where',
    ).settings
    expect(privateKey).toEqual({ kind: 'path', path: '/where/a/b.key' })
    expect(caBundle).toBe('/where/ca.pem')
  })

  it('that are no paths, and flags, stay as they are', () => {
    const { settings } = withRequired({
      flags: { 'ca-bundle': 'ca.pem' },
      config: '[default]\nrolesanywhere_private_key = env:KEY\n',
      currentFolder: () => '/where',
    })
    expect(settings.caBundle).toBe('ca.pem')
    expect(settings.privateKey).toMatchObject({ kind: 'secret' })
  })
})

describe('what is missing because nobody said in which profile it is', () => {
  const hintOf = (command: CommandName, world: World): string =>
    refusalOf(() => resolve(command, world)).hint ?? ''
  const config = '[profile onprem]\nrolesanywhere_timeout = 5\n[profile other]\nregion = x\n'

  it('is looked for in the only profile that has our keys', () => {
    expect(hintOf('credential-process', { config })).toBe('add --profile onprem')
    const two = `${config}[profile second]\nrolesanywhere_timeout = 6\n`
    expect(hintOf('serve', { config: two })).toBe('add --profile onprem or second')
  })

  it('is said otherwise where a profile was named, or none has our keys', () => {
    expect(hintOf('env', { config, flags: { profile: 'onprem' } })).toMatch(/^give each as/u)
    expect(hintOf('env', { config: '[profile other]\nregion = x\n' })).toMatch(/^give each as/u)
  })

  it('is, for update, in a profile that another flag names', () => {
    const flags = { profile: 'onprem' }
    expect(hintOf('update', { config, flags })).toBe(
      '--profile is where to write; add --settings-profile onprem',
    )
    expect(hintOf('update', { config })).toBe('add --settings-profile onprem')
  })

  it('is nowhere without a home folder, and that is said', () => {
    expect(hintOf('env', { env: { HOME: '' } })).toMatch(
      /^HOME is not set, so no AWS config file was read; give each as that flag/u,
    )
    const named = refusalOf(() => resolve('env', { env: { HOME: '', AWS_PROFILE: 'p' } }))
    expect(named.message).toBe(
      'there is no profile "p": HOME is not set, so no AWS config file was read',
    )
  })
})

describe('the endpoint', () => {
  const service = 'AWS_ENDPOINT_URL_ROLESANYWHERE'
  const steps: readonly [string, World][] = [
    ['https://flag/', { flags: { endpoint: 'https://flag' } }],
    ['https://ours/', { env: { ROLESANYWHERE_ENDPOINT: 'https://ours' } }],
    ['https://service/', { env: { [service]: 'https://service' } }],
    ['https://own-key/', { config: 'rolesanywhere_endpoint = https://own-key\n' }],
    ['https://all/', { env: { AWS_ENDPOINT_URL: 'https://all' } }],
    [
      'https://section/',
      {
        config:
          'services = x\n[services x]\ns3 =\n endpoint_url = https://s3\n' +
          'rolesanywhere =\n  # private link\n  Endpoint_URL = https://section\n',
      },
    ],
    ['https://profile/', { config: 'endpoint_url = https://profile\n' }],
  ]
  const from = (used: typeof steps, env: Readonly<Record<string, string>> = {}): World => ({
    flags: Object.assign({}, ...used.map(([, { flags }]) => flags)) as Flags,
    env: Object.assign(env, ...used.map(([, one]) => one.env)) as Record<string, string>,
    // The services section goes last: what follows it would be a part of it.
    config: `[default]\n${used
      .map(([, { config = '' }]) => config)
      .toSorted((one, other) => Number(one.includes('[')) - Number(other.includes('[')))
      .join('')}`,
  })

  it('is taken from the first place of the order that the SDKs have, our names before theirs', () => {
    for (const [index, [expected]] of steps.entries()) {
      expect(withRequired(from(steps.slice(index))).settings.endpoint?.href).toBe(expected)
    }
  })

  it.each([
    ['variable', { AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true' }, ''],
    ['profile key', {}, 'ignore_configured_endpoint_urls = TRUE\n'],
  ])('ignores what AWS calls it when a %s says so', (_name, env, line) => {
    const amazon = steps.filter(([url]) => /service|all|section|profile/.test(url))
    const world = from(amazon, { ...env })
    const config = world.config!.replace('[default]\n', `[default]\n${line}`)
    expect(withRequired({ ...world, config }).settings.endpoint).toBeUndefined()
    const own = from(steps, { ...env })
    expect(withRequired(own).settings.endpoint?.href).toBe('https://flag/')
  })

  it('is not combined with FIPS or dual-stack, whoever asks for them', () => {
    const error = refusalOf(() =>
      withRequired({
        flags: { endpoint: 'https://vpce' },
        config: '[default]\nuse_fips_endpoint = true\n',
      }),
    )
    expect(error.code).toBe('ERR_USAGE_CONFLICT')
    expect(error.message).toBe(
      '--endpoint and use_fips_endpoint in [default] of ~/.aws/config, line 2 exclude each other',
    )
    expect(error.hint).toContain('=false')
    const off = withRequired({
      flags: { endpoint: 'https://vpce', 'use-fips-endpoint': 'false' },
      env: { AWS_USE_FIPS_ENDPOINT: 'true' },
    })
    expect(off.settings.useFipsEndpoint).toBe(false)
  })
})

describe('the region', () => {
  it('is not that of the program which runs the helper', () => {
    const { settings } = withRequired({
      env: { AWS_REGION: 'us-east-1', AWS_DEFAULT_REGION: 'us-east-1' },
      config: '[default]\nregion = us-east-1\n',
    })
    expect(settings.region).toBeUndefined()
  })
})

describe('the proxy', () => {
  it('is that of HTTPS_PROXY, lower case first, and a flag beats both', () => {
    const env = { https_proxy: 'lower:1', HTTPS_PROXY: 'upper:1' }
    expect(withRequired({ env }).settings.proxy).toBe('lower:1')
    expect(withRequired({ env: { HTTPS_PROXY: 'upper:1' } }).settings.proxy).toBe('upper:1')
    expect(withRequired({ env, flags: { proxy: 'flag:1' } }).settings.proxy).toBe('flag:1')
  })

  it('needs no --with-proxy, which is accepted', () => {
    expect(withRequired({ flags: { 'with-proxy': 'true' } }).warnings).toEqual([])
  })
})

describe('the AWS profile', () => {
  const config = [
    '[default]',
    'rolesanywhere_timeout = 1',
    '[profile one]',
    'rolesanywhere_timeout = 2',
    '[profile two]',
    'rolesanywhere_timeout = 3',
  ].join('\n')

  it('is named by --profile, ROLESANYWHERE_PROFILE, AWS_PROFILE, else default', () => {
    const timeout = (world: World) => withRequired({ config, ...world }).settings.timeout
    const env = { ROLESANYWHERE_PROFILE: 'two', AWS_PROFILE: 'default' }
    expect(timeout({ flags: { profile: 'one' }, env })).toBe(2)
    expect(timeout({ env })).toBe(3)
    expect(timeout({ env: { AWS_PROFILE: 'one' } })).toBe(2)
    expect(timeout({})).toBe(1)
  })

  it('may be the only thing on the command line', () => {
    const { settings, warnings } = resolve('credential-process', {
      flags: { profile: 'onprem' },
      config: `[profile onprem]
rolesanywhere_trust_anchor_arn = ${TRUST_ANCHOR}
rolesanywhere_profile_arn = ${PROFILE}
ROLESANYWHERE_ROLE_ARN = ${ROLE}
rolesanywhere_certificate = ~/pki/client.pem
rolesanywhere_private_key = /etc/pki/client.key
`,
    })
    expect(settings.certificate).toEqual({ kind: 'path', path: '/home/u/pki/client.pem' })
    expect(settings.privateKey).toEqual({ kind: 'path', path: '/etc/pki/client.key' })
    expect(settings.roleArn.text).toBe(ROLE)
    expect(warnings).toEqual([])
  })

  it('may be in the credentials file, which wins', () => {
    const credentials = '[one]\nrolesanywhere_timeout = 9\n[three]\nrolesanywhere_timeout = 8\n'
    const timeout = (profile: string) =>
      withRequired({ config, credentials, flags: { profile } }).settings.timeout
    expect(timeout('one')).toBe(9)
    expect(timeout('three')).toBe(8)
  })

  it.each(['--profile', 'ROLESANYWHERE_PROFILE'])('named by %s must exist', (way) => {
    const world = way === '--profile' ? { flags: { profile: 'gone' } } : { env: { [way]: 'gone' } }
    const error = refusalOf(() => withRequired({ config, ...world }))
    expect(error.code).toBe('ERR_CONFIG_PROFILE_MISSING')
    expect(error.message).toBe('there is no profile "gone" in "/home/u/.aws/config"')
    expect(error.hint).toBe('profiles found: default, one, two')
  })

  it('named by AWS_PROFILE may be missing, with a warning, while nothing needs it', () => {
    const env = { AWS_PROFILE: 'gone' }
    expect(withRequired({ env }).warnings).toEqual([
      {
        message:
          'settings of the AWS profile are not in effect: there is no profile "gone" in "/home/u/.aws/config"',
        hint: 'write a [profile gone] section there, or set AWS_CONFIG_FILE',
      },
    ])
    expect(refusalOf(() => resolve('credential-process', { env })).code).toBe(
      'ERR_CONFIG_PROFILE_MISSING',
    )
  })

  it('in a broken file stops only those who need it', () => {
    const broken = { config: 'aws_secret_access_key = hunter2\n' }
    const { warnings } = withRequired(broken)
    expect(warnings).toHaveLength(1)
    expect(warnings[0]?.message).toContain('line 1 of "/home/u/.aws/config": expected a profile')
    for (const fails of [
      () => withRequired({ ...broken, flags: { profile: 'one' } }),
      () => resolve('credential-process', broken),
    ]) {
      const error = refusalOf(fails)
      expect(error.code).toBe('ERR_CONFIG_PROFILE_INVALID')
      expect(JSON.stringify([error.message, error.hint, error.detail])).not.toContain('hunter2')
    }
  })

  it('in a file that is not UTF-8, or cannot be read, is the same', () => {
    const latin1 = () => Buffer.from('[default]\n# caf\xe9\n', 'latin1')
    expect(withRequired({ readFile: latin1 }).warnings[0]?.message).toContain('not UTF-8')
    const unreadable = () => {
      throw new RolesAnywhereError('ERR_CONFIG_FILE_UNREADABLE', 'cannot read "x"')
    }
    expect(withRequired({ readFile: unreadable }).warnings[0]?.message).toContain('cannot read')
    const error = refusalOf(() => withRequired({ readFile: unreadable, flags: { profile: 'a' } }))
    expect(error.code).toBe('ERR_CONFIG_FILE_UNREADABLE')
  })

  it('may start with a byte order mark', () => {
    const text = '\ufeff[default]\r\nrolesanywhere_timeout = 7\r\n'
    expect(withRequired({ config: text }).settings.timeout).toBe(7)
  })

  it('with a misspelled key of ours is warned about, without its value', () => {
    const { warnings } = withRequired({
      config: '[default]\nrolesanywhere_pkcs8_password = hunter2\nrolesanywhere_regoin = x\n',
    })
    expect(warnings.map(({ message }) => message)).toEqual([
      'profile "default" has "rolesanywhere_pkcs8_password", which is no setting',
      'profile "default" has "rolesanywhere_regoin", which is no setting',
    ])
  })

  it('is not read for commands that take nothing from it', () => {
    const readFile = () => {
      throw new Error('read')
    }
    expect(resolve('version', { readFile }).settings.debug).toBe(false)
  })
})

describe('required settings', () => {
  it('are named together with the three ways to give them', () => {
    const flags = { ...REQUIRED, 'role-arn': undefined, certificate: '' }
    const error = refusalOf(() => resolve('credential-process', { flags, env: {} }))
    expect(error.code).toBe('ERR_USAGE_MISSING_SETTING')
    expect(error.message).toBe('credential-process needs --certificate, --role-arn')
    expect(error.hint).toBe(
      'give each as that flag, in the environment (ROLESANYWHERE_CERTIFICATE, ROLESANYWHERE_ROLE_ARN), ' +
        'or under [default] in the AWS config file (rolesanywhere_certificate, rolesanywhere_role_arn)',
    )
    expect(error.detail['settings']).toEqual(['certificate', 'roleArn'])
  })

  it('may be there under a misspelled key, which is then named', () => {
    const config = '[profile onprem]\nrolesanywhere_certificat = leaf.pem\n'
    const flags = { ...REQUIRED, certificate: undefined, profile: 'onprem' }
    const error = refusalOf(() => resolve('credential-process', { flags, env: {}, config }))
    expect(error.hint).toMatch(
      /^profile "onprem" has "rolesanywhere_certificat", which is no setting; give each as that flag,/u,
    )
  })

  it('differ by command', () => {
    const needs = (command: CommandName) => refusalOf(() => resolve(command)).detail['settings']
    expect(needs('sign-string')).toEqual(['privateKey'])
    expect(needs('read-certificate-data')).toEqual(['certificate'])
    expect(resolve('cache list').settings.cacheDir).toBeUndefined()
  })

  it('are asked for in the profile that was named', () => {
    const config = '[profile onprem]\n'
    const error = refusalOf(() =>
      resolve('sign-string', { config, env: { AWS_PROFILE: 'onprem' } }),
    )
    expect(error.hint).toContain('under [profile onprem]')
  })
})

describe('what is still to come', () => {
  it.each([
    [{ flags: { 'system-store-name': 'MY' } }, '--system-store-name is not supported yet'],
    [
      { env: { ROLESANYWHERE_SYSTEM_STORE_NAME: 'x' } },
      'ROLESANYWHERE_SYSTEM_STORE_NAME is not supported yet',
    ],
    [
      { config: '[default]\nrolesanywhere_system_store_name = x\n' },
      'rolesanywhere_system_store_name in [default] of ~/.aws/config, line 2 is not supported yet',
    ],
  ])('is refused by name: %j', (world: World, message) => {
    const error = refusalOf(() => withRequired(world))
    expect(error.code).toBe('ERR_USAGE_NOT_SUPPORTED')
    expect(error.exitCode).toBe(2)
    expect(error.message).toContain(message)
    expect(error.hint).toMatch(/^it waits for /)
    expect(JSON.stringify([error.message, error.hint, error.detail])).not.toContain('hunter2')
  })

  it('is not in the way when it asks for nothing', () => {
    const flags = { 'no-tpm-key-password': 'false', 'tpm-key-password': '' }
    expect(withRequired({ flags }).settings.noTpmKeyPassword).toBe(false)
  })
})

describe('conflicts', () => {
  it('are found across places and name both', () => {
    const error = refusalOf(() =>
      withRequired({
        flags: { 'pkcs8-password': 'hunter2' },
        env: { ROLESANYWHERE_KEY_PASSWORD: 'env:PW' },
      }),
    )
    expect(error.code).toBe('ERR_USAGE_CONFLICT')
    expect(error.message).toBe('ROLESANYWHERE_KEY_PASSWORD and --pkcs8-password exclude each other')
  })
})

describe('flags', () => {
  it('of another command may be in environment and profile', () => {
    const { settings } = resolve('sign-string', {
      flags: { 'private-key': 'k' },
      env: { ROLESANYWHERE_ROLE_ARN: 'nonsense' },
      config: '[default]\nrolesanywhere_session_duration = 1\n',
    })
    expect(Object.keys(settings)).not.toContain('sessionDuration')
  })
})

describe('secrets', () => {
  it('work and are never shown', async () => {
    const { settings, sources, warnings } = withRequired({
      flags: { 'pkcs8-password': 'hunter\u0007two' },
      env: { https_proxy: 'http://user:hunter2@proxy:3128' },
    })
    expect(await settings.pkcs8Password?.()).toBe('hunter\u0007two')
    expect(inspect(settings, { depth: 5 })).not.toContain('hunter\u0007')
    expect(warnings).toEqual([
      expect.objectContaining({
        message: '--pkcs8-password shows the password to every user of this machine',
      }),
    ])
    const shown = sources.map((source) => source.shown)
    expect(shown).toContain('(hidden)')
    expect(shown).toContain('http://***@proxy:3128')
    expect(JSON.stringify([sources, warnings])).not.toContain('hunter')
  })

  it('are named by where they are, and that is not shown either', () => {
    const { settings, sources } = withRequired({
      flags: { 'key-password': 'file:~/hunter2', pin: 'env:PIN' },
    })
    expect(settings.keyPassword).toMatchObject({ kind: 'file', argument: '/home/u/hunter2' })
    expect(settings.pin).toMatchObject({ kind: 'env', argument: 'PIN' })
    expect(JSON.stringify(sources)).not.toContain('hunter2')
  })

  it.each([
    ['--key-password', { flags: { 'key-password': 'hunter2' } }],
    ['ROLESANYWHERE_PIN', { env: { ROLESANYWHERE_PIN: 'hunter2' } }],
  ])('written where their source should be are refused and not shown: %s', (origin, world) => {
    const error = refusalOf(() => withRequired(world))
    expect(error).toMatchObject({
      code: 'ERR_USAGE_INVALID_VALUE',
      message: `${origin}: the value does not say where the secret is`,
    })
    expect(error.hint).not.toContain('hunter2')
  })

  it('in a pkcs11 URI or a command are not shown', () => {
    const { sources } = withRequired({
      flags: {
        certificate: 'pkcs11:token=a;pin-value=hunter2',
        'private-key': 'cmd:show-key hunter2',
      },
    })
    const shown = (name: string): string | undefined =>
      sources.find((source) => source.name === name)?.shown
    expect(shown('certificate')).toBe('pkcs11:token=a;pin-value=***')
    expect(shown('privateKey')).toBe('(hidden)')
  })

  it('of a proxy without a scheme are not shown either', () => {
    const { sources } = withRequired({ flags: { proxy: 'user:hun@ter//2@proxy:3128' } })
    expect(sources.find(({ name }) => name === 'proxy')?.shown).toBe('***@proxy:3128')
  })
})

describe('--no-verify-ssl', () => {
  it('warns on every run that uses it', () => {
    const warned = (flags: Flags) => {
      const { warnings, nameOf } = withRequired({ flags })
      return warnings.map(({ hint = '' }) => inWords(hint, nameOf))
    }
    expect(warned({ 'no-verify-ssl': 'true' })).toEqual([
      'use --ca-bundle PATH instead of --no-verify-ssl',
    ])
    expect(warned({ 'no-verify-ssl': 'false' })).toEqual([])
  })
})
