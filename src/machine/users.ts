/**
 * The local user database: names of users as numbers, and numbers as names.
 *
 * @see passwd(5)
 * @module
 */

import { readFileSync } from 'node:fs'

const DATABASE = '/etc/passwd'

/** The number of a user; undefined for one who is not in the database. */
export function userIdOf(name: string): number | undefined {
  const id = rows().find(([one]) => one === name)?.[2]
  return id === undefined ? undefined : Number(id)
}

/** A user in a sentence: `user 65534 (nobody)`, and the bare number where the name is not known. */
export function describeUser(uid: number): string {
  const name = rows().find(([, , id]) => id === String(uid))?.[0]
  return name === undefined ? `user ${uid}` : `user ${uid} (${name})`
}

/** Lines are short and few; users of a directory service are not in them. */
function rows(): readonly (readonly string[])[] {
  try {
    return readFileSync(DATABASE, 'utf8')
      .split('\n')
      .map((line) => line.split(':'))
  } catch {
    return []
  }
}
