/**
 * Which descriptors whoever started us has opened, and which Node has.
 *
 * Node opens a dozen for itself before a line of ours runs, and marks all as close-on-exec, inherited ones
 * too; so a number alone does not tell whose a descriptor is.
 *
 * @see proc(5), /proc/PID/fd and /proc/PID/fdinfo
 * @module
 */

import { readFileSync, readdirSync, readlinkSync } from 'node:fs'

let atStart: ReadonlySet<number> | undefined

/** Notes what is open. Called first of all, before anything of ours is opened. */
export function noteDescriptors(): void {
  // The folder that was read is closed again, and its number free for one of ours.
  atStart ??= new Set(openDescriptors().filter((fd) => targetOf(fd) !== undefined))
}

/**
 * Whether a descriptor may have been given to us. It was not when it is one of those that Node needs for
 * itself, when it was not open at the start, or when it is `/dev/null`, which Node opens too, and which
 * gives nothing. Everything may have been given where there is no /proc.
 */
export function mayBeInherited(fd: number): boolean {
  if (openDescriptors().length === 0) return true
  const leadsTo = targetOf(fd)
  if (leadsTo === undefined || atStart?.has(fd) === false) return false
  if (leadsTo === NULL_DEVICE || leadsTo.startsWith('anon_inode:')) return false
  // A pipe that is written to from here never ends: Node's own have both ends in this process.
  return (
    !leadsTo.startsWith('pipe:') || !openDescriptors().some((other) => isWriter(other, leadsTo))
  )
}

/**
 * Whether there is nothing behind one of the standard descriptors 0 to 2. Node puts `/dev/null`, open for
 * reading and writing, in the place of one that was closed when it started. So do some parents on purpose
 * (Python's `DEVNULL`, Node's `ignore`), and nobody can tell one from the other; a shell's `>/dev/null` is
 * open for writing only.
 */
export function seemsClosed(fd: number): boolean {
  return targetOf(fd) === NULL_DEVICE && accessOf(fd) === READ_AND_WRITE
}

const NULL_DEVICE = '/dev/null'
const READ_ONLY = 0
const READ_AND_WRITE = 2

function isWriter(fd: number, pipe: string): boolean {
  return targetOf(fd) === pipe && accessOf(fd) !== READ_ONLY
}

/** Empty without /proc. */
function openDescriptors(): readonly number[] {
  return attempt(() => readdirSync('/proc/self/fd').map(Number)) ?? []
}

function targetOf(fd: number): string | undefined {
  return attempt(() => readlinkSync(`/proc/self/fd/${fd}`))
}

/** O_RDONLY, O_WRONLY or O_RDWR: the two lowest bits of an octal number. */
function accessOf(fd: number): number | undefined {
  const info = attempt(() => readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))
  const flags = /^flags:\s*([0-7]+)$/mu.exec(info ?? '')?.[1]
  return flags === undefined ? undefined : Number.parseInt(flags, 8) & 3
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}
