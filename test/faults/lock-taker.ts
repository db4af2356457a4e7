/**
 * A process that takes a lock again and again and dies with it each time, for tests of its takeover.
 *
 * `lock-taker.ts PATH TIMES`: dying is played by putting the mark of a dead process in the lock, which is
 * what a killed holder leaves. Prints how often somebody else was in there at the same time.
 *
 * @module
 */

import { mkdirSync, renameSync, rmdirSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { acquireFileLock } from '../../src/machine/file-lock.ts'
import { ownProcess } from '../../src/machine/process-mark.ts'

const [path = '', times = '1'] = process.argv.slice(2)
const ports = { clock: Date.now, random: Math.random, wait: async (ms: number) => sleep(ms / 25) }
let together = 0
for (let index = 0; index < Number(times); index += 1) {
  const lock = await acquireFileLock(path, { patienceMs: 600_000 }, ports)
  if (lock === undefined) throw new Error('patience ran out')
  try {
    mkdirSync(`${path}.inside`)
    await sleep(3)
    rmdirSync(`${path}.inside`)
  } catch {
    together += 1
  }
  const dead = { ...ownProcess(), pid: 4_194_303, at: Date.now(), nonce: `${process.pid}-${index}` }
  writeFileSync(`${path}.dead-${process.pid}`, JSON.stringify(dead))
  renameSync(`${path}.dead-${process.pid}`, path)
}
process.stdout.write(`${together}\n`)
