/**
 * A process that takes a lock, then finds that no byte can be written any more, and lets go.
 *
 * `lock-without-room.ts PATH`: prints what is left in the folder of the lock.
 *
 * @module
 */

import { execFileSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { acquireFileLock } from '../../src/machine/file-lock.ts'

const [path = ''] = process.argv.slice(2)
const ports = { clock: Date.now, random: Math.random, wait: async (ms: number) => sleep(ms) }
{
  await using lock = await acquireFileLock(path, { patienceMs: 0 }, ports)
  if (lock === undefined) throw new Error('somebody else has the lock')
  execFileSync('prlimit', ['--pid', String(process.pid), '--fsize=0:unlimited'])
}
execFileSync('prlimit', ['--pid', String(process.pid), '--fsize=unlimited'])
process.stdout.write(readdirSync(dirname(path)).join())
