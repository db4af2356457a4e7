/**
 * Ends a child process with all that it has started.
 *
 * @see setsid(2), proc(5), /proc/PID/stat
 * @module
 */

import { closeSync, openSync, readFileSync, readdirSync } from 'node:fs'

/** Whether this process has a terminal, which a child may want to ask on. */
export function hasTerminal(): boolean {
  try {
    closeSync(openSync('/dev/tty', 'r'))
    return true
  } catch {
    return false
  }
}

/**
 * Ends every process of the group that a child leads: one that was started `detached`, and therefore
 * cannot ask on our terminal.
 */
export function endGroup(leader: number): void {
  signal(-leader, 'SIGKILL')
}

/**
 * Ends a child of our own group with its descendants. Each is stopped before the next look at the table, so
 * that it starts nothing more meanwhile; what has another parent by now is not found.
 */
export function endFamily(eldest: number): void {
  const stopped = new Set<number>()
  for (let fresh = [eldest]; fresh.length > 0; fresh = familyOf(eldest, stopped)) {
    for (const pid of fresh) {
      signal(pid, 'SIGSTOP')
      stopped.add(pid)
    }
  }
  for (const pid of stopped) signal(pid, 'SIGKILL')
}

/** The descendants that are not among those `known`. */
function familyOf(eldest: number, known: ReadonlySet<number>): number[] {
  const parents = parentsOfAll()
  const isOfFamily = (pid: number): boolean => {
    const parent = parents.get(pid)
    return parent !== undefined && (parent === eldest || isOfFamily(parent))
  }
  return [...parents.keys()].filter((pid) => !known.has(pid) && isOfFamily(pid))
}

/** By process id; empty without /proc. */
function parentsOfAll(): ReadonlyMap<number, number> {
  const parents = new Map<number, number>()
  for (const name of processNames()) {
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8')
      // The second field, the program's name in parentheses, may itself hold spaces and parentheses.
      const [, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      parents.set(Number(name), Number(parent))
    } catch {
      // It has ended meanwhile.
    }
  }
  return parents
}

function processNames(): readonly string[] {
  try {
    return readdirSync('/proc').filter((name) => /^\d+$/u.test(name))
  } catch {
    return []
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch {
    // It has ended meanwhile.
  }
}
