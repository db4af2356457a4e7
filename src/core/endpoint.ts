/**
 * Where Roles Anywhere listens: host names per partition, and endpoints that a user gives.
 *
 * Unknown regions are never refused by list: they get the host of the default partition.
 *
 * @see protocol: botocore `rolesanywhere` endpoint rule set and `partitions.json`
 * @module
 */

import { RolesAnywhereError } from './errors.ts'
import { isLoopback } from './loopback.ts'
import { quoted } from './printable.ts'
import { says, setting } from './wording.ts'

export interface Partition {
  readonly name: string
  readonly regions: RegExp
  readonly dnsSuffix: string
  readonly dualstackSuffix: string
}

const DEFAULT_PARTITION: Partition = {
  name: 'aws',
  regions: /^(?:us|eu|ap|sa|ca|me|af|il|mx)-\w+-\d+$/,
  dnsSuffix: 'amazonaws.com',
  dualstackSuffix: 'api.aws',
}

/** Every partition of AWS, the default one first. */
export const PARTITIONS: readonly Partition[] = [
  DEFAULT_PARTITION,
  {
    name: 'aws-cn',
    regions: /^cn-\w+-\d+$/,
    dnsSuffix: 'amazonaws.com.cn',
    dualstackSuffix: 'api.amazonwebservices.com.cn',
  },
  {
    name: 'aws-us-gov',
    regions: /^us-gov-\w+-\d+$/,
    dnsSuffix: 'amazonaws.com',
    dualstackSuffix: 'api.aws',
  },
  {
    name: 'aws-iso',
    regions: /^us-iso-\w+-\d+$/,
    dnsSuffix: 'c2s.ic.gov',
    dualstackSuffix: 'api.aws.ic.gov',
  },
  {
    name: 'aws-iso-b',
    regions: /^us-isob-\w+-\d+$/,
    dnsSuffix: 'sc2s.sgov.gov',
    dualstackSuffix: 'api.aws.scloud',
  },
  {
    name: 'aws-iso-e',
    regions: /^eu-isoe-\w+-\d+$/,
    dnsSuffix: 'cloud.adc-e.uk',
    dualstackSuffix: 'api.cloud-aws.adc-e.uk',
  },
  {
    name: 'aws-iso-f',
    regions: /^us-isof-\w+-\d+$/,
    dnsSuffix: 'csp.hci.ic.gov',
    dualstackSuffix: 'api.aws.hci.ic.gov',
  },
  {
    name: 'aws-eusc',
    regions: /^eusc-(?:de)-\w+-\d+$/,
    dnsSuffix: 'amazonaws.eu',
    dualstackSuffix: 'api.amazonwebservices.eu',
  },
]

/** The partition whose regions look like `region`; undefined for a region of no known shape. */
export function knownPartitionOf(region: string): Partition | undefined {
  return PARTITIONS.find(({ regions }) => regions.test(region))
}

/**
 * Refuses a region that could not be a label of a host name or a part of a credential scope.
 *
 * @throws {RolesAnywhereError} ERR_USAGE_INVALID_VALUE
 */
export function checkRegion(region: string): void {
  if (/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(region)) return
  throw new RolesAnywhereError('ERR_USAGE_INVALID_VALUE', `${quoted(region)} is not a region`, {
    hint: says`leave out ${setting('region')} to use the trust anchor's region, or give one such as eu-central-1`,
  })
}

export interface RegionalEndpointOptions {
  readonly region: string
  /** Default false. */
  readonly useFips?: boolean | undefined
  /** Default false. */
  readonly useDualstack?: boolean | undefined
}

/**
 * The public endpoint of a region.
 *
 * @throws {RolesAnywhereError} ERR_USAGE_INVALID_VALUE for a region that is no host label.
 */
export function regionalEndpoint(options: RegionalEndpointOptions): URL {
  checkRegion(options.region)
  const { dnsSuffix, dualstackSuffix } = knownPartitionOf(options.region) ?? DEFAULT_PARTITION
  const service = options.useFips === true ? 'rolesanywhere-fips' : 'rolesanywhere'
  const suffix = options.useDualstack === true ? dualstackSuffix : dnsSuffix
  return new URL(`https://${service}.${options.region}.${suffix}/`)
}

/**
 * An endpoint given by the user: `https`, or `http` to this machine only; a base path is kept.
 *
 * @throws {RolesAnywhereError} ERR_CONFIG_ENDPOINT_INVALID. The text itself is never quoted, since
 *   it may hold a password.
 */
export function parseEndpointUrl(text: string): URL {
  // The URL parser drops spaces and line breaks and takes `\` for `/`: what is signed must be what was read.
  const url = /^https?:\/\/[\x21-\x5b\x5d-\x7e]+$/i.test(text) ? URL.parse(text) : null
  if (url === null) {
    throw invalidEndpoint('the endpoint is not an http or https URL', 'write it as https://HOST')
  }
  if (url.username !== '' || url.password !== '') {
    throw invalidEndpoint('the endpoint holds a user name or password', 'write it as https://HOST')
  }
  if (text.includes('?') || text.includes('#')) {
    throw invalidEndpoint(
      'the endpoint has a query or fragment',
      'leave out everything from ? or #',
    )
  }
  if (url.protocol === 'http:' && !isLoopback(url.hostname)) {
    throw invalidEndpoint(
      `plain http is only for this machine, not for "${url.host}"`,
      'write https:// instead of http://',
    )
  }
  return url
}

/**
 * The endpoint to use: the given one, or else the region's.
 *
 * @throws {RolesAnywhereError} ERR_USAGE_CONFLICT when a given endpoint meets FIPS or dual-stack,
 *   which only choose among AWS's own host names; ERR_CONFIG_ENDPOINT_INVALID.
 */
export function chooseEndpoint(
  options: RegionalEndpointOptions & { readonly endpointUrl?: string | undefined },
): URL {
  if (options.endpointUrl === undefined) return regionalEndpoint(options)
  if (options.useFips === true || options.useDualstack === true) {
    const setting = options.useFips === true ? 'FIPS' : 'dual-stack'
    throw new RolesAnywhereError(
      'ERR_USAGE_CONFLICT',
      `a given endpoint and the ${setting} endpoint exclude each other`,
      { hint: `leave out the endpoint, or turn the ${setting} setting off` },
    )
  }
  return parseEndpointUrl(options.endpointUrl)
}

function invalidEndpoint(message: string, hint: string): RolesAnywhereError {
  return new RolesAnywhereError('ERR_CONFIG_ENDPOINT_INVALID', message, { hint })
}
