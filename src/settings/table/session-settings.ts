/**
 * Settings that say what to ask AWS for, where, and over which way.
 *
 * @module
 */

import { MAX_DURATION_SECONDS, MIN_DURATION_SECONDS } from '../../core/create-session-request.ts'
import { SERVICE_ENDPOINT_KEY } from '../aws-profile.ts'
import { SESSION } from '../setting-row.ts'
import type { SettingRow } from '../setting-row.ts'

export const SESSION_SETTINGS = [
  {
    name: 'trustAnchorArn',
    type: 'trust-anchor-arn',
    valueName: 'ARN',
    commands: [...SESSION, 'emulator'],
    requiredBy: SESSION,
    help: 'Trust anchor that vouches for the certificate; for the emulator, the only one there is',
  },
  {
    name: 'profileArn',
    type: 'profile-arn',
    valueName: 'ARN',
    commands: SESSION,
    requiredBy: SESSION,
    help: 'Roles Anywhere profile to take policies from',
  },
  {
    name: 'roleArn',
    type: 'role-arn',
    valueName: 'ARN',
    commands: SESSION,
    requiredBy: SESSION,
    help: 'Role to obtain credentials for',
  },
  {
    name: 'sessionDuration',
    type: 'integer',
    valueName: 'SECONDS',
    range: [MIN_DURATION_SECONDS, MAX_DURATION_SECONDS],
    commands: SESSION,
    help: "Lifetime of the credentials; left out, the Roles Anywhere profile's own",
  },
  {
    name: 'roleSessionName',
    type: 'text',
    valueName: 'NAME',
    commands: SESSION,
    help: 'Name of the role session, where the Roles Anywhere profile accepts one',
  },
  {
    // No AWS_REGION and no `region` of the profile: they are the region of the program that runs us,
    // and a signature for any region but the trust anchor's is refused.
    name: 'region',
    type: 'region',
    valueName: 'REGION',
    commands: SESSION,
    help: "Region to sign for; left out, the trust anchor's",
  },
  {
    name: 'endpoint',
    type: 'endpoint-url',
    valueName: 'URL',
    commands: SESSION,
    awsEnv: ['AWS_ENDPOINT_URL_ROLESANYWHERE', 'AWS_ENDPOINT_URL'],
    awsProfileKeys: [SERVICE_ENDPOINT_KEY, 'endpoint_url'],
    awsNamesUnless: 'ignoreConfiguredEndpointUrls',
    // SDKs refuse the same: the two others choose among AWS's own host names.
    conflicts: ['useFipsEndpoint', 'useDualstackEndpoint'],
    help: "Where to send requests, such as a VPC endpoint; left out, the region's endpoint",
  },
  {
    name: 'ignoreConfiguredEndpointUrls',
    type: 'boolean',
    commands: SESSION,
    awsEnv: ['AWS_IGNORE_CONFIGURED_ENDPOINT_URLS'],
    awsProfileKeys: ['ignore_configured_endpoint_urls'],
    help: 'Take no endpoint from AWS_ENDPOINT_URL, its kin, or the AWS profile',
  },
  {
    name: 'useFipsEndpoint',
    type: 'boolean',
    commands: SESSION,
    awsEnv: ['AWS_USE_FIPS_ENDPOINT'],
    awsProfileKeys: ['use_fips_endpoint'],
    help: "Use the region's FIPS endpoint",
  },
  {
    name: 'useDualstackEndpoint',
    type: 'boolean',
    commands: SESSION,
    awsEnv: ['AWS_USE_DUALSTACK_ENDPOINT'],
    awsProfileKeys: ['use_dualstack_endpoint'],
    help: "Use the region's endpoint for IPv4 and IPv6",
  },
  {
    name: 'caBundle',
    type: 'path',
    valueName: 'PATH',
    commands: SESSION,
    awsEnv: ['AWS_CA_BUNDLE'],
    awsProfileKeys: ['ca_bundle'],
    help: 'PEM file of the only authorities to trust for TLS',
  },
  {
    name: 'noVerifySsl',
    type: 'boolean',
    commands: SESSION,
    warning: {
      message: 'TLS certificates are not verified: anyone on the way can answer for AWS',
      hint: 'use --ca-bundle PATH instead of --no-verify-ssl',
    },
    help: 'Do not verify TLS certificates; unsafe, warns on every run',
  },
  {
    name: 'proxy',
    type: 'proxy-address',
    valueName: 'URL',
    commands: SESSION,
    awsEnv: ['https_proxy', 'HTTPS_PROXY'],
    help: 'Proxy to reach AWS through',
  },
  {
    name: 'noProxy',
    type: 'text',
    valueName: 'HOSTS',
    commands: SESSION,
    awsEnv: ['no_proxy', 'NO_PROXY'],
    help: 'Hosts to reach without the proxy, separated by commas; * for all',
  },
  {
    name: 'withProxy',
    type: 'boolean',
    commands: SESSION,
    places: ['flag'],
    help: 'Accepted and without effect: proxy settings are always honoured',
  },
  {
    name: 'timeout',
    type: 'integer',
    valueName: 'SECONDS',
    range: [1, 3600],
    commands: SESSION,
    help: 'Longest time to wait for credentials, retries included',
  },
  {
    name: 'cache',
    type: 'boolean',
    commands: ['credential-process'],
    help: 'Share credentials between runs, in a private folder',
  },
  {
    name: 'cacheDir',
    type: 'path',
    valueName: 'PATH',
    commands: ['credential-process', 'cache list', 'cache clear'],
    help: 'Folder of the cache',
  },
] as const satisfies readonly SettingRow[]
