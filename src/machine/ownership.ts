/**
 * Who could change what a path leads to: the one rule for every place that is believed, run or written to.
 *
 * Only root and this user may be able to change a file, the folder it is in, any folder above, and any link
 * on the way. A sticky folder (such as /tmp) may be written to by everybody, because there nobody can move
 * or replace what is not theirs; that is judged again one level below. What holds for all levels holds
 * from then on too: who could break it would have had to be able to before.
 *
 * `bin/code-cache.js` has the same rule in CommonJS, since it runs before anything is loaded; one table of
 * cases tests both.
 *
 * @see reliability.md T12, T21; the same rule as OpenSSH's `safe_path`
 * @module
 */

import { lstatSync, readlinkSync, type BigIntStats, type Stats } from 'node:fs'
import { dirname, isAbsolute, join } from 'node:path'
import { errnoOf } from './errno.ts'
import { describeUser } from './users.ts'

/** Something on the way to a file that a stranger could change. */
export interface Exposure {
  readonly what: 'folder' | 'link'
  readonly path: string
  /** Who could: `belongs to user 1000 (mallory)`, `can be written by every user`. */
  readonly problem: string
}

export interface Walk {
  /** Without links, as far as it exists. */
  readonly path: string
  /** What is there, which is never a link; undefined when nothing is. */
  readonly stats: Stats | undefined
  /** Whether a link, and not the path itself, says where the end is. */
  readonly isLink: boolean
  /** The first exposed folder or link on the way. What is at the end is not judged: see `exposureOf`. */
  readonly exposed: Exposure | undefined
}

/** Links in a row that Linux follows before it gives up: path_resolution(7). */
const MAX_LINKS = 40

/**
 * Follows a path name by name, as the kernel does, and judges every folder and link on the way.
 *
 * @param uid - of this process; undefined on systems without owners, where nothing is judged.
 * @throws the file system's own error where a part of the way cannot be looked at; ELOOP.
 */
export function walk(path: string, uid: number | undefined): Walk {
  // Not resolve(): it would take `link/..` for the folder of the link, as the kernel does not.
  const names = `${isAbsolute(path) ? '' : process.cwd()}/${path}`.split('/')
  let current = '/'
  let stats: Stats | undefined = lstatSync(current)
  let exposed: Exposure | undefined
  let links = 0
  let isLink = false
  const judge = (of: Stats, at: string): void => {
    const problem = exposureOf(of, uid)
    if (problem === undefined) return
    exposed ??= { what: of.isSymbolicLink() ? 'link' : 'folder', path: at, problem }
  }
  for (let name = names.shift(); name !== undefined; name = names.shift()) {
    if (name === '' || name === '.') continue
    if (name === '..') {
      current = dirname(current)
      stats = lstatSync(current)
      continue
    }
    // Only now is it known to be on the way, and not its end.
    judge(stats, current)
    const next = join(current, name)
    const found = lstatOrNothing(next)
    if (found === undefined) {
      return { path: join(next, ...names), stats: undefined, isLink, exposed }
    }
    if (!found.isSymbolicLink()) {
      current = next
      stats = found
      continue
    }
    judge(found, next)
    links += 1
    if (links > MAX_LINKS) throw tooManyLinks(path)
    isLink ||= names.every((rest) => rest === '')
    const target = readlinkSync(next)
    names.unshift(...target.split('/'))
    if (target.startsWith('/')) {
      current = '/'
      stats = lstatSync(current)
    }
  }
  return { path: current, stats, isLink, exposed }
}

/**
 * Who besides root and `uid` could change what has these stats, as the rest of a sentence; undefined for
 * nobody, and on systems without owners.
 */
export function exposureOf(
  stats: Stats | BigIntStats,
  uid: number | undefined,
): string | undefined {
  if (uid === undefined) return undefined
  const owner = Number(stats.uid)
  if (owner !== 0 && owner !== uid) return `belongs to ${describeUser(owner)}`
  // Linux gives every link mode 0777, and nobody can write to one.
  if (stats.isSymbolicLink()) return undefined
  const mode = Number(stats.mode)
  if (stats.isDirectory() && (mode & STICKY) !== 0) return undefined
  if ((mode & WRITABLE_BY_OTHERS) !== 0) return 'can be written by every user'
  const group = Number(stats.gid)
  if ((mode & WRITABLE_BY_GROUP) !== 0 && !isHarmlessGroup(group, uid)) {
    return `can be written by group ${group}`
  }
  return undefined
}

/**
 * Folders of root's own group (Debian's /usr/local has group staff, with root's powers), of the user's
 * private group (numbered as the user, unlike one that users share) and of macOS's administrators give
 * nobody a power that they lack.
 */
function isHarmlessGroup(group: number, uid: number): boolean {
  return [0, uid, process.platform === 'darwin' ? MACOS_ADMIN : DEBIAN_STAFF].includes(group)
}

const STICKY = 0o1000
const WRITABLE_BY_GROUP = 0o020
const WRITABLE_BY_OTHERS = 0o002
const DEBIAN_STAFF = 50
const MACOS_ADMIN = 80

function lstatOrNothing(path: string): Stats | undefined {
  try {
    return lstatSync(path)
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined
    throw error
  }
}

function tooManyLinks(path: string): Error {
  return Object.assign(new Error(`too many symbolic links: ${path}`), { code: 'ELOOP' })
}
