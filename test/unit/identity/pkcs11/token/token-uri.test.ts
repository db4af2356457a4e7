import { describe, expect, it } from 'vitest'
import { parsePkcs11Uri } from '../../../../../src/core/pkcs11-uri.ts'
import {
  objectMatches,
  objectUri,
  tokenMatches,
  tokenUri,
  withoutType,
} from '../../../../../src/identity/pkcs11/token/token-uri.ts'

const module = {
  manufacturer: 'Snake Oil, Inc.',
  description: 'Library',
  version: { major: 3, minor: 0 },
}
const slot = {
  id: '0',
  description: 'Slot 0',
  manufacturer: 'Maker',
  token: {
    label: 'My token',
    manufacturer: 'Maker',
    model: '0123456789abcdef',
    serial: '',
    flags: 0,
  },
}
const object = { label: 'leaf', id: '00ff' }

const onToken = (uri: string): boolean => tokenMatches(parsePkcs11Uri(uri), module, slot)
const onObject = (uri: string): boolean => objectMatches(parsePkcs11Uri(uri), object, 'cert')

describe('tokens', () => {
  it.each([
    'pkcs11:',
    'pkcs11:token=My%20token',
    'pkcs11:slot-id=0',
    'pkcs11:slot-id=00',
    'pkcs11:serial=',
    'pkcs11:library-version=3',
    'pkcs11:library-version=3.0;library-manufacturer=Snake%20Oil,%20Inc.;library-description=Library',
    'pkcs11:slot-description=Slot%200;slot-manufacturer=Maker;model=0123456789abcdef',
    'pkcs11:object=whatever;id=%01;type=private',
    'pkcs11:?vendor=ignored',
  ])('%s matches', (uri) => {
    expect(onToken(uri)).toBe(true)
  })

  it.each([
    'pkcs11:token=my%20token',
    'pkcs11:token=My%20token%20',
    'pkcs11:token=',
    'pkcs11:slot-id=1',
    'pkcs11:library-version=3.1',
    'pkcs11:model=0123456789abcdef0',
    'pkcs11:x-vendor=1',
    'pkcs11:token=%FF',
  ])('%s does not', (uri) => {
    expect(onToken(uri)).toBe(false)
  })
})

describe('objects', () => {
  it.each(['pkcs11:', 'pkcs11:id=%00%FF', 'pkcs11:object=leaf;type=cert', 'pkcs11:token=other'])(
    '%s matches',
    (uri) => {
      expect(onObject(uri)).toBe(true)
    },
  )

  it.each([
    'pkcs11:id=%00',
    'pkcs11:id=',
    'pkcs11:object=Leaf',
    'pkcs11:object=',
    'pkcs11:type=private',
    'pkcs11:type=fobbar',
    'pkcs11:vendor-attribute=1',
  ])('%s does not', (uri) => {
    expect(onObject(uri)).toBe(false)
  })

  it('the other half of a pair has another type', () => {
    const uri = withoutType(parsePkcs11Uri('pkcs11:object=leaf;type=cert'))
    expect(objectMatches(uri, object, 'private')).toBe(true)
  })
})

describe('what was found', () => {
  it('is matched by its own URI, which says nothing of empty attributes', () => {
    expect(tokenUri(slot.token)).toBe('pkcs11:manufacturer=Maker;token=My%20token')
    expect(objectUri(slot.token, object, 'cert')).toBe(
      'pkcs11:manufacturer=Maker;token=My%20token;id=%00%FF;object=leaf;type=cert',
    )
    expect(objectUri(slot.token, { id: '', label: '' }, 'private')).toBe(
      'pkcs11:manufacturer=Maker;token=My%20token;type=private',
    )
    const uri = objectUri(slot.token, object, 'cert')
    expect([onToken(uri), onObject(uri)]).toEqual([true, true])
  })
})
