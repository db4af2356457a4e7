/**
 * The documents are tested: what is generated is current, what they link to exists.
 *
 * @module
 */

import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { generatedDocs } from '../../scripts/docs.ts'

const ROOT = join(import.meta.dirname, '../..')

describe('docs', () => {
  it.each([...generatedDocs()])('%s is what its table says (else: npm run docs)', (name, text) => {
    expect(readFileSync(join(ROOT, 'docs', name), 'utf8')).toBe(text)
  })

  it('link only to files that exist', () => {
    const documents = globSync(['*.md', 'docs/*.md'], { cwd: ROOT })
    const broken = documents.flatMap((document) =>
      [...readFileSync(join(ROOT, document), 'utf8').matchAll(/\]\((?!https?:|#)([^)#\s]+)/gu)]
        .map(([, target]) => join(ROOT, dirname(document), target ?? ''))
        .filter((target) => !existsSync(target)),
    )
    expect(documents.length).toBeGreaterThan(5)
    expect(broken).toEqual([])
  })

  it('name only npm scripts that exist', () => {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>
    }
    const named = globSync(['*.md', 'docs/*.md'], { cwd: ROOT }).flatMap((document) =>
      [...readFileSync(join(ROOT, document), 'utf8').matchAll(/npm run ([\w:-]+)/gu)].map(
        ([, name]) => name ?? '',
      ),
    )
    expect(named.filter((name) => !(name in scripts))).toEqual([])
  })
})
