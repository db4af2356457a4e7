// Where Node may keep what it compiled, so that the next start is faster.
//
// What lies in that folder is run as our own code, and Node looks neither at who owns it nor at who wrote
// it. Its default is under /tmp, where any user can make the folder first. So it is one of our own, which
// nobody else can replace at any level of its path; where there is none, the start is some ms slower.
'use strict'
/* global exports */

const { lstatSync, mkdirSync, readlinkSync, statSync } = require('node:fs')
const { dirname, join } = require('node:path')

/** The path of the folder, made where it was missing; undefined when there is no safe place for it. */
exports.codeCacheFolder = () => {
  const { HOME: home } = process.env
  // Without user ids (Windows) there is nothing to judge a folder by.
  if (process.geteuid === undefined || home === undefined || !home.startsWith('/')) return undefined
  try {
    if (!isOnlyOurs(home)) return undefined
    // Step by step: where nothing can be made (/proc), the recursive form never comes back.
    const folder = ['.cache', 'rolesanywhere', 'code'].reduce(subfolder, home)
    // Everybody may put files into a sticky folder, and here nobody asks whose they are.
    const isShared = (statSync(folder).mode & STICKY) !== 0
    return isOnlyOurs(folder) && !isShared ? folder : undefined
  } catch {
    return undefined
  }
}

function subfolder(parent, name) {
  const path = join(parent, name)
  if (statSync(path, { throwIfNoEntry: false }) === undefined) mkdirSync(path, 0o700)
  return path
}

/**
 * Whether only we and root can change what is there, or put something else in its place: the rule of
 * src/machine/ownership.ts, which says why, without the words for people.
 */
exports.isOnlyOurs = isOnlyOurs

function isOnlyOurs(path) {
  const names = path.split('/')
  let current = '/'
  let links = 0
  for (let name = names.shift(); name !== undefined; name = names.shift()) {
    if (name === '' || name === '.') continue
    if (name === '..') {
      current = dirname(current)
      continue
    }
    if (isExposed(lstatSync(current))) return false
    const next = join(current, name)
    const stats = lstatSync(next)
    if (!stats.isSymbolicLink()) {
      current = next
      continue
    }
    links += 1
    if (links > MAX_LINKS || isExposed(stats)) return false
    const target = readlinkSync(next)
    names.unshift(...target.split('/'))
    if (target.startsWith('/')) current = '/'
  }
  return !isExposed(lstatSync(current))
}

function isExposed(stats) {
  const own = process.geteuid()
  if (stats.uid !== 0 && stats.uid !== own) return true
  if (stats.isSymbolicLink() || (stats.isDirectory() && (stats.mode & STICKY) !== 0)) return false
  if ((stats.mode & 0o002) !== 0) return true
  return (stats.mode & 0o020) !== 0 && ![0, own, ADMINISTRATORS].includes(stats.gid)
}

const STICKY = 0o1000
const MAX_LINKS = 40
const ADMINISTRATORS = process.platform === 'darwin' ? 80 : 50
