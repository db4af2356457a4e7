// Where Node may keep what it compiled, so that the next start is faster.
//
// What lies in that folder is run as our own code, and Node looks neither at who owns it nor at who wrote
// it. Its default is under /tmp, where any user can make the folder first. So it is one of our own, which
// nobody else can replace at any level of its path; where there is none, the start is some ms slower.
'use strict'
/* global exports */

const { existsSync, mkdirSync, realpathSync, statSync } = require('node:fs')
const { dirname, join } = require('node:path')

/** The path of the folder, made where it was missing; undefined when there is no safe place for it. */
exports.codeCacheFolder = () => {
  const { HOME: home } = process.env
  // Without user ids (Windows) there is nothing to judge a folder by.
  if (process.getuid === undefined || home === undefined || home === '') return undefined
  try {
    if (!isOnlyOurs(home)) return undefined
    // Step by step: where nothing can be made (/proc), the recursive form never comes back.
    const folder = ['.cache', 'rolesanywhere', 'code'].reduce(subfolder, home)
    return isOnlyOurs(folder) ? folder : undefined
  } catch {
    return undefined
  }
}

function subfolder(parent, name) {
  const path = join(parent, name)
  if (!existsSync(path)) mkdirSync(path, 0o700)
  return path
}

exports.isOnlyOurs = isOnlyOurs

/** Whether only we and root can put something there, or something else in its place. */
function isOnlyOurs(folder) {
  const start = realpathSync(folder)
  for (let path = start; ; path = dirname(path)) {
    const { uid, mode } = statSync(path)
    // Above the folder, the sticky bit (as on /tmp) keeps others from moving what is not theirs.
    const isOpen = (mode & 0o022) !== 0 && (path === start || (mode & 0o1000) === 0)
    if (isOpen || (uid !== 0 && uid !== process.getuid())) return false
    if (path === dirname(path)) return true
  }
}
