/**
 * What is in the memory of a program that holds a key: nobody reads it but root, and no core file keeps it.
 *
 * @module
 */

import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { hasProgram } from '../support/capabilities.ts'
import { createWorld, startCli, startServe, type World } from '../support/long-running.ts'
import { PROGRAM } from '../support/run-cli.ts'

const NOBODY = 65_534
const isRoot = process.getuid?.() === 0
const asNobody = [
  ...['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups'],
] as const

let world: World
beforeEach(async () => {
  world = await createWorld()
})
afterEach(async () => {
  await world[Symbol.asyncDispose]()
})

/** What a core file would be called here, and that one is written at all. */
async function leavesCore(folder: string): Promise<boolean> {
  const program = 'ulimit -c unlimited; exec sleep 60'
  const child = spawn('sh', ['-c', program], { cwd: folder, stdio: 'ignore' })
  await once(child, 'spawn')
  while (!readFileSync(`/proc/${child.pid}/cmdline`, 'utf8').startsWith('sleep'))
    await new Promise((resolve) => setImmediate(resolve))
  child.kill('SIGSEGV')
  await once(child, 'close')
  return readdirSync(folder).some((name) => name.startsWith('core'))
}

describe('serve', () => {
  it.skipIf(!isRoot || !hasProgram('setpriv'))(
    'is read by no other program of the same user, though its environment is his own',
    async () => {
      const args = ['serve', '--port', '0', '--token-folder', join(world.folder, 'tokens')]
      for (const name of ['', ...readdirSync(world.folder)])
        chownSync(join(world.folder, name), NOBODY, NOBODY)
      const launcher = [...asNobody, ...PROGRAM] as const
      await using serving = startCli([...args, '--profile', 'onprem'], world.env, launcher)
      await serving.until(/AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=.*\n/u)
      const [setpriv, ...options] = asNobody
      const read = (pid: number | undefined, file: string): number | null =>
        spawnSync(setpriv, [...options, 'head', '-c', '1', `/proc/${pid}/${file}`]).status
      const other = spawn(setpriv, [...options, 'sleep', '60'], { stdio: 'ignore' })
      try {
        await expect.poll(() => read(other.pid, 'environ')).toBe(0)
        expect(read(serving.child.pid, 'environ')).not.toBe(0)
        expect(read(serving.child.pid, 'mem')).not.toBe(0)
      } finally {
        other.kill('SIGKILL')
      }
      expect(await serving.stop()).toBe(0)
    },
  )

  it('leaves no core file when it crashes', async ({ skip }) => {
    const before = join(world.folder, 'control')
    execFileSync('mkdir', [before])
    if (!(await leavesCore(before))) skip('core files go elsewhere here')
    const script = `cd ${world.folder}; ulimit -c unlimited; exec "$@"`
    await using serving = startCli(
      ['serve', '--port', '0', '--profile', 'onprem', '--token-folder', join(world.folder, 't')],
      world.env,
      ['sh', '-c', script, 'sh', ...PROGRAM],
    )
    await serving.until(/AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=.*\n/u)
    expect(readFileSync(`/proc/${serving.child.pid}/limits`, 'utf8')).toMatch(
      /Max core file size +unlimited/u,
    )
    await serving.stop('SIGSEGV')
    expect(readdirSync(world.folder).filter((name) => name.startsWith('core'))).toEqual([])
  })

  it('says in its trace whether it could do so', async () => {
    await using serving = await startServe(world, ['--profile', 'onprem', '--debug'])
    expect(serving.stderr).toMatch(/debug: memory .*hidden.*true/u)
  })
})
