/**
 * A process, told from every other: also from a later one with the same number.
 *
 * @see proc(5), /proc/PID/stat; pid_namespaces(7)
 * @module
 */

import { readFileSync, readlinkSync } from 'node:fs'
import { errnoOf } from './errno.ts'

export interface ProcessMark {
  readonly pid: number
  /** Start time in clock ticks since boot, field 22 of /proc/PID/stat; empty when it cannot be known. */
  readonly started: string
  /** Boot and process-id namespace: process ids mean nothing outside of it. Empty when not known. */
  readonly realm: string
}

let own: ProcessMark | undefined

export function ownProcess(): ProcessMark {
  own ??= { pid: process.pid, started: statOf(process.pid)?.started ?? '', realm: realm() }
  return own
}

/** Whether that process has ended; undefined when it cannot be looked up from here. */
export function isGone({ pid, started, realm: where }: ProcessMark): boolean | undefined {
  if (where === '' || where !== ownProcess().realm) return undefined
  const stat = statOf(pid)
  // With hidepid=2 the files of other users' processes are not there, but a signal knows better.
  if (stat === undefined) return !isRunning(pid)
  // A dead process stays in the table until its parent looks, which some never do.
  return stat.started !== started || stat.state === 'Z' || stat.state === 'X'
}

/** Whether any process has that number in this process-id namespace. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return errnoOf(error) === 'EPERM'
  }
}

interface Stat {
  readonly state: string
  readonly started: string
}

function statOf(pid: number): Stat | undefined {
  const text = attempt(() => readFileSync(`/proc/${pid}/stat`, 'utf8'))
  if (text === '') return undefined
  // The second field, the program's name in parentheses, may itself hold spaces and parentheses.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return { state: fields[0] ?? '', started: fields[19] ?? '' }
}

function realm(): string {
  const boot = attempt(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim())
  const namespace = attempt(() => readlinkSync('/proc/self/ns/pid'))
  return boot === '' || namespace === '' ? '' : `${boot} ${namespace}`
}

function attempt(read: () => string): string {
  try {
    return read()
  } catch {
    return ''
  }
}
