import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

/** What a module loads at once; `import type` and `import()` load nothing. */
function staticImports(path: URL): readonly string[] {
  const text = readFileSync(path, 'utf8')
  return [...text.matchAll(/^(?:import|export)(?! type)[^'"]*?from '([^']+)'/gmu)].map(
    ([, specifier = '']) => specifier,
  )
}

function loadedBy(entry: URL, seen: Set<string> = new Set()): Set<string> {
  if (seen.has(entry.href)) return seen
  seen.add(entry.href)
  for (const specifier of staticImports(entry)) {
    if (specifier.startsWith('.')) loadedBy(new URL(specifier, entry), seen)
    else seen.add(specifier)
  }
  return seen
}

describe('the hot path', () => {
  const entry = new URL('../../../src/identity/open-identity.ts', import.meta.url)

  it('a plain key and certificate load nothing but modules of Node', () => {
    const loaded = [...loadedBy(entry)]
    expect(loaded.filter((name) => !name.startsWith('file:')).toSorted()).toEqual([
      'node:crypto',
      'node:fs',
      'node:path',
      'node:util',
    ])
    expect(loaded.length).toBeGreaterThan(15)
  })

  it('an encrypted key loads the ASN.1 library', () => {
    const encrypted = new URL('./key-file/encrypted-pkcs8.ts', entry)
    expect(existsSync(encrypted)).toBe(true)
    expect([...loadedBy(encrypted)]).toContain('asn1js')
  })
})
