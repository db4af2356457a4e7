/**
 * `--process-file`: a daemon keeps the answer of `credential_process` in a file, and `cat` prints it.
 *
 * @module
 */

import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createWorld, startCli, startServe, type World } from '../support/long-running.ts'
import { runCli } from '../support/run-cli.ts'

let world: World
let env: Record<string, string>

beforeAll(async () => {
  world = await createWorld()
  env = { ...world.env, XDG_RUNTIME_DIR: join(world.folder, 'run') }
})
afterAll(async () => {
  await world[Symbol.asyncDispose]()
})

interface Answer {
  readonly Version: number
  readonly AccessKeyId: string
}

const UPDATE = ['update', '--settings-profile', 'onprem'] as const

it('update keeps it, alone, and takes it away at the end', async () => {
  const path = join(world.folder, 'run/rolesanywhere/onprem.json')
  await using running = startCli([...UPDATE, '--process-file', 'auto'], env)
  await running.until(/credential_process = cat .*onprem\.json/u)
  const answer = JSON.parse(execFileSync('cat', [path], { encoding: 'utf8' })) as Answer
  expect(answer.Version).toBe(1)
  expect(statSync(path).mode & 0o777).toBe(0o600)
  expect(existsSync(join(world.folder, '.aws/credentials'))).toBe(false)
  expect(await running.stop()).toBe(0)
  expect(existsSync(path)).toBe(false)
})

it('update writes a profile of the credentials file as well when it is named', async () => {
  const path = join(world.folder, 'both.json')
  const flags = ['--process-file', path, '--profile', 'demo', '--once']
  const { exitCode } = await runCli([...UPDATE, ...flags], { env })
  expect(exitCode).toBe(0)
  const { AccessKeyId } = JSON.parse(readFileSync(path, 'utf8')) as Answer
  const file = readFileSync(join(world.folder, '.aws/credentials'), 'utf8')
  expect(file).toContain(`[demo]\naws_access_key_id = ${AccessKeyId}\n`)
})

it('serve keeps one for each of its profiles', async () => {
  const folder = join(world.folder, 'files/')
  const flags = ['--profile', 'onprem', '--profile', 'second', '--process-file', folder]
  await using serving = await startServe(world, flags)
  expect(readdirSync(folder).toSorted()).toEqual(['onprem.json', 'second.json'])
  expect(await serving.stop()).toBe(0)
  expect(readdirSync(folder)).toEqual([])
})

it('serve refuses one file for two profiles', async () => {
  const path = join(world.folder, 'one.json')
  const flags = ['--port', '0', '--token-folder', world.folder, '--process-file', path]
  const { exitCode, stderr } = await runCli(
    ['serve', '--profile', 'onprem', '--profile', 'second', ...flags],
    { env },
  )
  expect(exitCode).toBe(2)
  expect(stderr).toContain('is one file, and there are several profiles')
})
