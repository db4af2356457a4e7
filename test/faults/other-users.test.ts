/**
 * Another user of the machine against the real program, run by root: what he lays in folders that he can
 * write to is neither believed nor does it hold us up.
 *
 * @module
 */

import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  existsSync,
  lchownSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { get } from 'node:http'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createWorld, startCli, startServe, type World } from '../support/long-running.ts'
import { runCli } from '../support/run-cli.ts'

const NOBODY = 65_534
const isRoot = process.getuid?.() === 0

let world: World
beforeEach(async () => {
  world = await createWorld()
})
afterEach(async () => {
  await world[Symbol.asyncDispose]()
})

function statusOf(url: string, authorization: string): Promise<number> {
  return new Promise((resolve, reject) => {
    get(url, { headers: { authorization }, agent: false }, (response) => {
      response.resume()
      resolve(response.statusCode ?? 0)
    }).on('error', reject)
  })
}

describe.skipIf(!isRoot)('the folder of the token files', () => {
  it('is refused when everybody can write to it, whatever lies there', async () => {
    const folder = join(world.folder, 'open')
    mkdirSync(folder)
    chmodSync(folder, 0o777)
    const link = join(folder, 'onprem.token')
    symlinkSync('/etc/passwd', link)
    lchownSync(link, NOBODY, NOBODY)
    const { exitCode, stdout, stderr } = await runCli(
      ['serve', '--port', '0', '--profile', 'onprem', '--token-folder', folder],
      { env: world.env },
    )
    expect({ exitCode, stdout: stdout.length }).toEqual({ exitCode: 7, stdout: 0 })
    expect(stderr).toMatch(
      /the folder ".*\/open" of the token files can be written by every user \[ERR_OUTPUT_UNSAFE\]/u,
    )
  })

  it('gives nobody another token while we serve, says so, and holds up neither requests nor the end', async () => {
    // Long enough for a token, and known to everybody.
    const known = 'x'.repeat(40)
    writeFileSync(join(world.folder, 'known'), known, { mode: 0o600 })
    await using serving = await startServe(world, ['--profile', 'onprem'])
    const url = serving.exported['AWS_CONTAINER_CREDENTIALS_FULL_URI'] ?? ''
    const path = serving.exported['AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE'] ?? ''
    const token = readFileSync(path, 'utf8')
    expect(await statusOf(url, token)).toBe(200)

    const attacks: readonly (readonly [RegExp, () => void])[] = [
      [
        /the token file ".*" is a link/u,
        () => {
          symlinkSync(join(world.folder, 'known'), path)
        },
      ],
      [
        /the token file ".*" is a link/u,
        () => {
          symlinkSync('/dev/zero', path)
        },
      ],
      [/the token file ".*" is a named pipe/u, () => execFileSync('mkfifo', [path])],
      [
        /belongs to user 65534 \(nobody\), who knows what is in it/u,
        () => {
          writeFileSync(path, known, { mode: 0o600 })
          chownSync(path, NOBODY, NOBODY)
        },
      ],
    ]
    for (const [said, attack] of attacks) {
      rmSync(path)
      attack()
      // The file is looked at once a second.
      await expect
        .poll(async () => [await statusOf(url, known), said.test(serving.stderr)], {
          timeout: 10_000,
        })
        .toEqual([401, true])
      expect(await statusOf(url, token)).toBe(200)
    }
    expect(await serving.stop()).toBe(0)
  })
})

describe.skipIf(!isRoot)('a lock that another user has laid beside the credentials file', () => {
  it('is waited for, and the wait ends on the first SIGTERM', async () => {
    const folder = join(world.folder, 'sticky')
    mkdirSync(folder)
    chmodSync(folder, 0o1777)
    const credentials = join(folder, 'credentials')
    const lock = `${credentials}.rolesanywhere.lock`
    writeFileSync(lock, '{"pid":4194303,"at":0}')
    chownSync(lock, NOBODY, NOBODY)
    const env = { ...world.env, AWS_SHARED_CREDENTIALS_FILE: credentials }
    await using update = startCli(
      ['update', '--once', '--profile', 'demo', '--settings-profile', 'onprem'],
      env,
    )
    await expect.poll(() => world.emulator.requestCount, { timeout: 10_000 }).toBe(1)
    expect(await update.stop()).toBe(143)
    expect(existsSync(lock)).toBe(true)
    expect(existsSync(credentials)).toBe(false)
  })
})
