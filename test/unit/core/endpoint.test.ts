import { describe, expect, it } from 'vitest'
import {
  PARTITIONS,
  chooseEndpoint,
  knownPartitionOf,
  parseEndpointUrl,
  regionalEndpoint,
} from '../../../src/core/endpoint.ts'
import { refusalOf } from '../../support/refusal.ts'

/** Regions that have the service, and one of each partition that has not. */
const REGIONS: readonly (readonly [region: string, partition: string])[] = [
  ...[
    ...['af-south-1', 'ap-east-2', 'ap-northeast-3', 'ap-southeast-7', 'ca-west-1', 'eu-north-1'],
    ...['il-central-1', 'me-central-1', 'mx-central-1', 'sa-east-1', 'us-east-1', 'us-west-2'],
  ].map((region) => [region, 'aws'] as const),
  ['cn-northwest-1', 'aws-cn'],
  ['us-gov-east-1', 'aws-us-gov'],
  ['us-iso-east-1', 'aws-iso'],
  ['us-isob-east-1', 'aws-iso-b'],
  ['eu-isoe-west-1', 'aws-iso-e'],
  ['us-isof-south-1', 'aws-iso-f'],
  ['eusc-de-east-1', 'aws-eusc'],
]

describe('partitions', () => {
  it.each(REGIONS)('%s is in %s and in no other', (region, partition) => {
    expect(
      PARTITIONS.filter(({ regions }) => regions.test(region)).map(({ name }) => name),
    ).toEqual([partition])
    expect(knownPartitionOf(region)?.name).toBe(partition)
  })

  it('a region of no known shape has none', () => {
    expect(knownPartitionOf('moon-1')).toBeUndefined()
  })
})

describe('regionalEndpoint', () => {
  it.each([
    ['us-east-1', false, false, 'rolesanywhere.us-east-1.amazonaws.com'],
    ['us-east-1', true, false, 'rolesanywhere-fips.us-east-1.amazonaws.com'],
    ['us-east-1', false, true, 'rolesanywhere.us-east-1.api.aws'],
    ['us-east-1', true, true, 'rolesanywhere-fips.us-east-1.api.aws'],
    ['cn-north-1', false, false, 'rolesanywhere.cn-north-1.amazonaws.com.cn'],
    ['cn-north-1', false, true, 'rolesanywhere.cn-north-1.api.amazonwebservices.com.cn'],
    ['us-gov-west-1', true, false, 'rolesanywhere-fips.us-gov-west-1.amazonaws.com'],
    ['us-iso-east-1', false, false, 'rolesanywhere.us-iso-east-1.c2s.ic.gov'],
    ['us-isob-east-1', false, false, 'rolesanywhere.us-isob-east-1.sc2s.sgov.gov'],
    ['eu-isoe-west-1', false, false, 'rolesanywhere.eu-isoe-west-1.cloud.adc-e.uk'],
    ['us-isof-east-1', false, true, 'rolesanywhere.us-isof-east-1.api.aws.hci.ic.gov'],
    ['eusc-de-east-1', false, false, 'rolesanywhere.eusc-de-east-1.amazonaws.eu'],
    ['eusc-de-east-1', false, true, 'rolesanywhere.eusc-de-east-1.api.amazonwebservices.eu'],
    ['moon-1', false, false, 'rolesanywhere.moon-1.amazonaws.com'],
  ])('%s, FIPS %s, dual-stack %s: %s', (region, useFips, useDualstack, host) => {
    expect(regionalEndpoint({ region, useFips, useDualstack }).href).toBe(`https://${host}/`)
  })

  it.each([
    '',
    'eu west',
    'evil.example/',
    'US-EAST-1',
    '-a',
    'a-',
    'a\r\nb',
    'x'.repeat(64),
    '@b',
  ])('refuses %j as a region', (region) => {
    expect(refusalOf(() => regionalEndpoint({ region })).code).toBe('ERR_USAGE_INVALID_VALUE')
  })
})

describe('parseEndpointUrl', () => {
  it.each([
    ['https://vpce-1-a.rolesanywhere.eu-west-1.vpce.amazonaws.com', '/'],
    ['https://proxy.example:8443/aws/roles', '/aws/roles'],
    ['HTTPS://proxy.example/base/', '/base/'],
    ['http://localhost:8080', '/'],
    ['http://127.0.0.1:8080/', '/'],
    ['http://127.8.9.1', '/'],
    ['http://[::1]:9', '/'],
  ])('takes %s', (text, path) => {
    expect(parseEndpointUrl(text).pathname).toBe(path)
  })

  it.each([
    ['', 'is not an http or https URL'],
    ['proxy.example', 'is not an http or https URL'],
    ['ftp://proxy.example', 'is not an http or https URL'],
    ['file:///etc/passwd', 'is not an http or https URL'],
    ['https:proxy.example', 'is not an http or https URL'],
    ['https://', 'is not an http or https URL'],
    ['https://proxy.example:99999', 'is not an http or https URL'],
    [' https://proxy.example', 'is not an http or https URL'],
    ['https://proxy.example\n', 'is not an http or https URL'],
    ['https://proxy.exa\tmple', 'is not an http or https URL'],
    ['https:\\\\proxy.example', 'is not an http or https URL'],
    ['https://proxy.example\\@evil.example', 'is not an http or https URL'],
    ['https://proxy.example/?', 'has a query or fragment'],
    ['https://proxy.example/?a=b', 'has a query or fragment'],
    ['https://proxy.example/#', 'has a query or fragment'],
    ['http://proxy.example', 'plain http is only for this machine, not for "proxy.example"'],
    ['http://10.0.0.1:80', 'plain http is only for this machine'],
    ['http://127.0.0.1.evil.example', 'plain http is only for this machine'],
    ['http://localhost.evil.example', 'plain http is only for this machine'],
    ['http://0.0.0.0', 'plain http is only for this machine'],
  ])('refuses %j', (text, message) => {
    const error = refusalOf(() => parseEndpointUrl(text))
    expect(error.code).toBe('ERR_CONFIG_ENDPOINT_INVALID')
    expect(error.message).toContain(message)
    expect(error.hint).toBeDefined()
  })

  it.each([
    'https://user:canary@proxy.example',
    'https://canary@proxy.example',
    'https://u:canary@:',
  ])('refuses %s without showing the password', (text) => {
    const error = refusalOf(() => parseEndpointUrl(text))
    expect(error.code).toBe('ERR_CONFIG_ENDPOINT_INVALID')
    expect(`${error.message} ${error.hint ?? ''} ${JSON.stringify(error.detail)}`).not.toContain(
      'canary',
    )
  })
})

describe('chooseEndpoint', () => {
  it("takes the region's endpoint unless one is given", () => {
    expect(chooseEndpoint({ region: 'us-east-1', useFips: true }).hostname).toBe(
      'rolesanywhere-fips.us-east-1.amazonaws.com',
    )
    expect(chooseEndpoint({ region: 'us-east-1', endpointUrl: 'https://a.example' }).host).toBe(
      'a.example',
    )
  })

  it.each([
    [{ useFips: true }, 'FIPS'],
    [{ useDualstack: true }, 'dual-stack'],
    [{ useFips: true, useDualstack: true }, 'FIPS'],
  ])('refuses a given endpoint together with %j', (switches, name) => {
    const error = refusalOf(() =>
      chooseEndpoint({ region: 'us-east-1', endpointUrl: 'https://a.example', ...switches }),
    )
    expect(error.code).toBe('ERR_USAGE_CONFLICT')
    expect(error.message).toContain(`the ${name} endpoint`)
  })
})
