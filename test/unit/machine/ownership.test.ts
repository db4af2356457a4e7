import {
  chmodSync,
  chownSync,
  lchownSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { exposureOf, walk } from '../../../src/machine/ownership.ts'

const { isOnlyOurs } = createRequire(import.meta.url)('../../../bin/code-cache.js') as {
  isOnlyOurs: (path: string) => boolean
}

const own = process.geteuid?.() ?? 0
const isRoot = own === 0
const NOBODY = 65_534
/** A group that gives nobody what they lack, and one that does. */
const STAFF = 50
const USERS = 100

let base: string
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'rolesanywhere-owner-'))
})
afterEach(() => {
  rmSync(base, { recursive: true, force: true })
})

/** What is wrong with a path, its end included; undefined when only we and root can change it. */
function problemOf(path: string): string | undefined {
  const { stats, exposed, path: end } = walk(path, own)
  if (exposed !== undefined) {
    return `the ${exposed.what} ${exposed.path.replace(base, 'BASE')} ${exposed.problem}`
  }
  if (stats === undefined) return 'is not there'
  const problem = exposureOf(stats, own)
  return problem === undefined ? undefined : `${end.replace(base, 'BASE')} ${problem}`
}

interface Node {
  /** Under the base; made in this order. */
  readonly path: string
  readonly mode?: number
  readonly uid?: number
  readonly gid?: number
  /** A link, to this. */
  readonly to?: string
  readonly isFile?: boolean
}

function make({ path, mode, uid = own, gid = own, to, isFile }: Node): void {
  const at = join(base, path)
  if (to !== undefined) {
    symlinkSync(to.replace('BASE', base), at)
    if (isRoot) lchownSync(at, uid, gid)
    return
  }
  if (isFile === true) writeFileSync(at, '')
  else mkdirSync(at)
  if (isRoot) chownSync(at, uid, gid)
  chmodSync(at, mode ?? (isFile === true ? 0o600 : 0o700))
}

/** Each: what there is, the path that is asked for, and what is wrong with it. */
const CASES: readonly (readonly [string, readonly Node[], string, RegExp | undefined])[] = [
  ['a private folder', [{ path: 'a' }], 'a', undefined],
  ['a folder that others may read', [{ path: 'a', mode: 0o755 }], 'a', undefined],
  ['a private file', [{ path: 'f', isFile: true }], 'f', undefined],
  ['a file that others may read', [{ path: 'f', isFile: true, mode: 0o644 }], 'f', undefined],
  [
    'a file of everybody',
    [{ path: 'f', isFile: true, mode: 0o666 }],
    'f',
    /^BASE\/f can be written by every user$/u,
  ],
  [
    'a sticky file, which is as open as any',
    [{ path: 'f', isFile: true, mode: 0o1666 }],
    'f',
    /every user/u,
  ],
  [
    'a folder of everybody',
    [{ path: 'a', mode: 0o777 }],
    'a',
    /^BASE\/a can be written by every user$/u,
  ],
  [
    'what is in a folder of everybody',
    [{ path: 'a', mode: 0o777 }, { path: 'a/b' }],
    'a/b',
    /^the folder BASE\/a can be written by every user$/u,
  ],
  [
    'what is ours in a sticky folder',
    [{ path: 'a', mode: 0o1777 }, { path: 'a/b' }],
    'a/b',
    undefined,
  ],
  [
    'a link of ours to a private folder',
    [{ path: 'a' }, { path: 'a/b' }, { path: 'l', to: 'a/b' }],
    'l',
    undefined,
  ],
  [
    'a link over a folder of everybody',
    [{ path: 'open', mode: 0o777 }, { path: 'open/in', to: 'BASE/a' }, { path: 'a' }],
    'open/in',
    /^the folder BASE\/open can/u,
  ],
  [
    'a link to what is in a folder of everybody',
    [{ path: 'open', mode: 0o777 }, { path: 'open/b' }, { path: 'l', to: 'open/b' }],
    'l',
    /^the folder BASE\/open can/u,
  ],
  [
    'a link to a folder, and back out of it',
    [{ path: 'open', mode: 0o777 }, { path: 'open/b' }, { path: 'l', to: 'open/b' }, { path: 'a' }],
    'l/../../a',
    /^the folder BASE\/open can/u,
  ],
]

/** The same with other users and groups, which only root can play. */
const ROOT_CASES: typeof CASES = [
  [
    'the folder of another user',
    [{ path: 'a', uid: NOBODY }],
    'a',
    /^BASE\/a belongs to user 65534 \(nobody\)$/u,
  ],
  [
    'what is ours in the folder of another user',
    [{ path: 'a', uid: NOBODY }, { path: 'a/b' }],
    'a/b',
    /^the folder BASE\/a belongs to user 65534/u,
  ],
  [
    'what is another’s in a sticky folder',
    [
      { path: 'a', mode: 0o1777 },
      { path: 'a/b', uid: NOBODY },
    ],
    'a/b',
    /^BASE\/a\/b belongs/u,
  ],
  [
    'a sticky folder of another user, who may rename what is in it',
    [{ path: 'a', mode: 0o1777, uid: NOBODY }, { path: 'a/b' }],
    'a/b',
    /^the folder BASE\/a belongs/u,
  ],
  [
    'the link of another user',
    [{ path: 'a' }, { path: 's', mode: 0o1777 }, { path: 's/l', to: 'BASE/a', uid: NOBODY }],
    's/l',
    /^the link BASE\/s\/l belongs/u,
  ],
  ['a folder that root’s group may write to', [{ path: 'a', mode: 0o775, gid: 0 }], 'a', undefined],
  ['a folder that staff may write to', [{ path: 'a', mode: 0o2775, gid: STAFF }], 'a', undefined],
  [
    'a folder that a group may write to',
    [{ path: 'a', mode: 0o775, gid: USERS }],
    'a',
    /^BASE\/a can be written by group 100$/u,
  ],
  [
    'what is in a folder that a group may write to',
    [{ path: 'a', mode: 0o770, gid: USERS }, { path: 'a/b' }],
    'a/b',
    /^the folder BASE\/a can be written by group 100$/u,
  ],
]

describe('the rule', () => {
  it.each(CASES)('%s', judge)
})

describe.skipIf(!isRoot)('the rule with other users', () => {
  it.each(ROOT_CASES)('%s', judge)
})

function judge(...[, nodes, path, problem]: (typeof CASES)[number]): void {
  nodes.forEach(make)
  const asked = `${base}/${path}`
  if (problem === undefined) expect(problemOf(asked)).toBeUndefined()
  else expect(problemOf(asked)).toMatch(problem)
  expect(isOnlyOurs(asked)).toBe(problem === undefined)
}

describe('a walk', () => {
  it('leads to where the kernel would, over links and back', () => {
    ;[{ path: 'a' }, { path: 'a/b' }, { path: 'l', to: 'BASE/a/b' }].forEach(make)
    expect(walk(`${base}/l/.././/b/`, own)).toMatchObject({
      path: join(base, 'a/b'),
      isLink: false,
    })
    expect(walk(join(base, 'l'), own)).toMatchObject({ path: join(base, 'a/b'), isLink: true })
  })

  it('ends where nothing is any more', () => {
    make({ path: 'l', to: 'nowhere' })
    expect(walk(join(base, 'x/y/z'), own)).toMatchObject({
      path: join(base, 'x/y/z'),
      isLink: false,
    })
    const dangling = walk(join(base, 'l'), own)
    expect(dangling).toMatchObject({ path: join(base, 'nowhere'), isLink: true })
    expect(dangling.stats).toBeUndefined()
  })

  it('ends in a circle of links', () => {
    make({ path: 'l', to: 'm' })
    make({ path: 'm', to: 'l' })
    expect(() => walk(join(base, 'l'), own)).toThrow(
      expect.objectContaining({ code: 'ELOOP' }) as Error,
    )
    expect(isOnlyOurs(join(base, 'l'))).toBe(false)
  })

  it('judges nothing where there are no owners', () => {
    make({ path: 'a', mode: 0o777 })
    make({ path: 'a/b', mode: 0o777 })
    expect(walk(join(base, 'a/b'), undefined).exposed).toBeUndefined()
  })
})
