/**
 * PKCS#11 URIs against GnuTLS's p11tool, whose parser is p11-kit's: the same URI is refused by both or
 * means the same objects to both, and what p11tool prints of odd labels is read as what they are.
 */

import { spawnSync } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { RolesAnywhereError } from '../../src/core/errors.ts'
import { parsePkcs11Uri, type Pkcs11ObjectType, type Pkcs11Uri } from '../../src/core/pkcs11-uri.ts'
import { objectMatches, tokenMatches } from '../../src/identity/pkcs11/token/token-uri.ts'
import { hasProgram } from '../support/capabilities.ts'
import { issue } from '../support/foreign-data/openssl-certificates.ts'
import { plainKey } from '../support/foreign-data/private-keys.ts'
import { Workshop } from '../support/foreign-data/workshop.ts'
import { hasSoftToken, PIN, SOFTHSM, SoftTokens } from '../support/soft-token.ts'

const isReady = hasSoftToken && hasProgram('p11tool') && hasProgram('openssl')

/** Labels and identifiers with everything that has to be escaped. */
const TOKENS = ['plain', 'My; token=100% & more', 'Größe ü?']
const OBJECTS = [
  { label: 'leaf', id: '01' },
  { label: 'a/b; #c?d=%', id: '00ff2500' },
  { label: "It's „größer“", id: '' },
]

let tokens: SoftTokens
/** Every URI that p11tool prints. */
let all: readonly string[]

beforeAll(() => {
  if (!isReady) return
  using shop = new Workshop()
  tokens = new SoftTokens()
  issue(shop, 'client.pem')
  for (const token of TOKENS) {
    tokens.addToken(token)
    const uri = `pkcs11:token=${encodeURIComponent(token)}`
    for (const { label, id } of OBJECTS) {
      const object = ['--label', label, ...(id === '' ? [] : ['--id', id])]
      const write = ['--provider', SOFTHSM, '--batch', '--login', '--write', '--no-mark-private']
      for (const file of [
        ['--load-certificate', shop.path('client.pem')],
        ['--load-privkey', plainKey(shop, 'ec-p256')],
      ]) {
        tokens.run('p11tool', [...write, ...file, ...object, uri], { GNUTLS_PIN: PIN })
      }
    }
  }
  all = listed('pkcs11:') ?? []
}, 120_000)

afterAll(() => {
  if (isReady) tokens[Symbol.dispose]()
})

/** The URIs of what matches; undefined when p11tool cannot read the URI. */
function listed(uri: string): readonly string[] | undefined {
  const args = ['--provider', SOFTHSM, '--list-all', '--only-urls', uri]
  const env = { ...process.env, ...tokens.env }
  const { status, stdout, stderr } = spawnSync('p11tool', args, { env, encoding: 'utf8' })
  if (stderr.includes('Error in parsing')) return undefined
  // 2: nothing matches.
  if (status !== 0 && status !== 2) throw new Error(stderr)
  return stdout.split('\n').filter((line) => line.startsWith('pkcs11:'))
}

/** The same by our own parser and matching. */
function found(uri: string): readonly string[] | undefined {
  let wanted: Pkcs11Uri
  try {
    wanted = parsePkcs11Uri(uri)
  } catch (error) {
    if (error instanceof RolesAnywhereError) return undefined
    throw error
  }
  return all.filter((printed) => {
    const { path } = parsePkcs11Uri(printed)
    const text = (name: string): string => path.get(name)?.toString('utf8') ?? ''
    const token = {
      label: text('token'),
      manufacturer: text('manufacturer'),
      model: text('model'),
      serial: text('serial'),
      flags: 0,
    }
    const slot = { id: '0', description: '', manufacturer: '', token }
    const object = { label: text('object'), id: path.get('id')?.toString('hex') ?? '' }
    return (
      tokenMatches(wanted, MODULE, slot) &&
      objectMatches(wanted, object, text('type') as Pkcs11ObjectType)
    )
  })
}

/** What SoftHSM 2.6 says of itself. */
const MODULE = {
  manufacturer: 'SoftHSM',
  description: 'Implementation of PKCS11',
  version: { major: 2, minor: 6 },
}

describe.skipIf(!isReady)('PKCS#11 URIs and p11tool', () => {
  it('every URI that p11tool prints says what the object is called', () => {
    const read = all.map((uri) => parsePkcs11Uri(uri))
    for (const token of TOKENS) {
      for (const { label, id } of OBJECTS) {
        const same = read.filter(
          ({ path }) =>
            path.get('token')?.toString() === token && path.get('object')?.toString() === label,
        )
        expect(same.map(({ path }) => path.get('type')?.toString()).sort()).toEqual([
          'cert',
          'private',
        ])
        if (id === '') continue
        expect(same.map(({ path }) => path.get('id')?.toString('hex'))).toEqual([id, id])
      }
    }
    expect(read.flatMap(({ warnings }) => warnings)).toEqual([])
  })

  it.each([
    'pkcs11:',
    'pkcs11:token=plain',
    'pkcs11:token=PLAIN',
    'pkcs11:token=',
    'pkcs11:token=My%3B%20token%3D100%25%20%26%20more',
    'pkcs11:token=My%3b%20token=100%25%20&%20more',
    'pkcs11:token=Gr%C3%B6%C3%9Fe%20%C3%BC%3F',
    'pkcs11:token=Gr%F6%DFe',
    'pkcs11:object=leaf',
    'pkcs11:object=le',
    'pkcs11:object=a%2Fb%3B%20%23c%3Fd%3D%25',
    'pkcs11:object=leaf;type=cert',
    'pkcs11:object=leaf;type=private',
    'pkcs11:object=leaf;type=public',
    'pkcs11:type=cert',
    'pkcs11:type=private',
    'pkcs11:type=secret-key',
    'pkcs11:type=fobbar',
    'pkcs11:object-type=cert',
    'pkcs11:id=%01',
    'pkcs11:id=%00%FF%25%00',
    'pkcs11:id=%00%ff%25',
    'pkcs11:id=%01;type=cert;token=plain;object=leaf',
    'pkcs11:id=%01;object=other',
    'pkcs11:manufacturer=SoftHSM%20project',
    'pkcs11:manufacturer=SoftHSM',
    'pkcs11:model=SoftHSM%20v2',
    'pkcs11:serial=nothing',
    'pkcs11:library-manufacturer=SoftHSM',
    'pkcs11:library-manufacturer=Nobody',
    'pkcs11:library-description=Implementation%20of%20PKCS11',
    'pkcs11:library-version=2.6',
    'pkcs11:library-version=2.7',
    'pkcs11:x-ours=1',
    'pkcs11:?x-ours=1',
    'pkcs11:?pin-value=1234',
    'pkcs11:type=cert?pin-source=file:/nonexistent&x=y',
    'pkcs11:token=%',
    'pkcs11:token=%zz',
    'pkcs11:token',
    'pkcs11:library-version=2.',
    'pkcs11:library-version=x',
    'pkcs11:library-version=300',
    'pkcs11:slot-id=x',
    'pkcs11:?pin-value=%2',
    'pkcs12:token=plain',
  ])('%s means the same to both', (uri) => {
    const theirs = listed(uri)
    expect(found(uri)?.toSorted()).toEqual(theirs?.toSorted())
  })

  it('a blank at the end of a label counts here; p11-kit compares the field, which blanks fill', () => {
    expect(found('pkcs11:token=plain%20')).toEqual([])
    expect(listed('pkcs11:token=plain%20')).not.toEqual([])
  })

  /** Where we are stricter: RFC 7512 section 2.3 allows none of these. */
  it.each([
    'pkcs11:token=plain;token=plain',
    'pkcs11:?pin-value=1&pin-value=1',
    'pkcs11:?pin-value=1&pin-source=/x',
    'pkcs11:token=plain;',
    'pkcs11:to ken=plain',
  ])('%s is refused here and read there', (uri) => {
    expect(found(uri)).toBeUndefined()
    expect(listed(uri)).toBeDefined()
  })
})
