import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parsePkcs11Uri, type Pkcs11Uri } from '../../src/core/pkcs11-uri.ts'
import { objectMatches } from '../../src/identity/pkcs11/token/token-uri.ts'
import { VECTORS } from './vectors.ts'

interface UriVector {
  readonly uri: string
  readonly accept: boolean | string
  readonly path?: Readonly<Record<string, string>>
  readonly query?: Readonly<Record<string, string>> | null
}

const text = readFileSync(new URL('pkcs11-uri/uris.json', VECTORS), 'utf8')
const vectors = JSON.parse(text) as UriVector[]

/** p11-kit reads an unknown type and go-pkcs11uri refuses one; we read it, and nothing matches it. */
const UNKNOWN_TYPE = 'pkcs11:type=fobbar'

describe('the 70 URIs of other projects', () => {
  it('all are there', () => {
    expect(vectors).toHaveLength(70)
  })

  it.each(vectors)('$uri', ({ uri, accept, path, query }) => {
    if (uri === UNKNOWN_TYPE) {
      for (const type of ['cert', 'data', 'private', 'public', 'secret-key'] as const) {
        expect(objectMatches(parsePkcs11Uri(uri), { label: 'x', id: '01' }, type)).toBe(false)
      }
      return
    }
    // The one verdict in words is a URI with white space inside, which it calls safer to refuse.
    if (accept !== true) {
      expect(() => parsePkcs11Uri(uri)).toThrow(
        expect.objectContaining({ code: 'ERR_CONFIG_PKCS11_URI_INVALID' }) as Error,
      )
      return
    }
    const parsed = parsePkcs11Uri(uri)
    expect(shown(parsed)).toEqual(path)
    if (query !== undefined && query !== null)
      expect(Object.fromEntries(parsed.query)).toEqual(query)
  })
})

/** Bytes as the vectors write them: text, or `hex:` for an id and for what is not UTF-8. */
function shown(uri: Pkcs11Uri): Record<string, string> {
  return Object.fromEntries(
    [...uri.path].map(([name, value]) => {
      const text = value.toString('utf8')
      const isText = name !== 'id' && Buffer.from(text, 'utf8').equals(value)
      return [name, isText ? text : `hex:${value.toString('hex')}`]
    }),
  )
}
