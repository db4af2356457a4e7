/**
 * `fd:N` where the descriptor is a pipe that keeps its readers waiting, or none that was given to us; and
 * a standard output that is not there.
 *
 * @module
 */

import { execFileSync } from 'node:child_process'
import {
  closeSync,
  constants,
  mkdtempSync,
  openSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readDescriptor } from '../../src/machine/read-descriptor.ts'
import { openStage } from '../support/cli-stage.ts'
import { PROGRAM, runCli, startCli, type CliResult } from '../support/run-cli.ts'

let folder: string
let pipe: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'descriptor-'))
  pipe = join(folder, 'pipe')
  execFileSync('mkfifo', [pipe])
})
afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
})

describe('a pipe that stays silent', () => {
  it('does not keep the program from ending on SIGTERM', async () => {
    // Open for writing too: so it neither ends nor waits for somebody else to open it.
    const fd = openSync(pipe, 'r+')
    try {
      const running = startCli(['sign-string', '--private-key', 'fd:3', '--debug'], {
        extraStdio: [fd],
      })
      // The last thing it says before it reads.
      await new Promise((resolve) => running.child.stderr?.once('data', resolve))
      running.child.kill('SIGTERM')
      const { exitCode, stdout, stderr } = await running.result
      expect({ exitCode, stdout: stdout.length }).toEqual({ exitCode: 143, stdout: 0 })
      expect(stderr).toMatch(/file descriptor 3 was cancelled/u)
    } finally {
      closeSync(fd)
    }
  })

  it('is left when the signal is aborted, before or while it is read', async () => {
    const early = readDescriptor(openSync(pipe, 'r+'), 10, AbortSignal.abort())
    await expect(early).rejects.toThrow(/aborted/u)
    const controller = new AbortController()
    const late = readDescriptor(openSync(pipe, 'r+'), 10, controller.signal)
    setImmediate(() => {
      controller.abort()
    })
    await expect(late).rejects.toThrow(/aborted/u)
  })
})

describe('a pipe that is non-blocking', () => {
  it('is waited for, piece by piece, up to the limit', async () => {
    const open = (): [number, number] => {
      const reader = openSync(pipe, constants.O_RDONLY | constants.O_NONBLOCK)
      return [reader, openSync(pipe, 'w')]
    }
    const [reader, writer] = open()
    const read = readDescriptor(reader, 10, undefined)
    for (const part of ['01234', '56789']) {
      await new Promise((resolve) => setImmediate(resolve))
      writeSync(writer, part)
    }
    closeSync(writer)
    expect((await read)?.toString()).toBe('0123456789')

    const [again, more] = open()
    writeSync(more, '01234567890')
    expect(await readDescriptor(again, 10, undefined)).toBeUndefined()
    closeSync(more)
  })

  it('brings a key to the real program', async () => {
    const reader = openSync(pipe, constants.O_RDONLY | constants.O_NONBLOCK)
    const writer = openSync(pipe, 'w')
    const running = startCli(['sign-string', '--private-key', 'fd:3', '--debug'], {
      extraStdio: [reader],
    })
    await new Promise((resolve) => running.child.stderr?.once('data', resolve))
    writeSync(writer, 'not a key')
    for (const fd of [writer, reader]) closeSync(fd)
    expect((await running.result).stderr).toContain('"fd:3" is neither PEM nor DER')
  })
})

describe('a descriptor that nobody gave us', () => {
  it('is refused, whatever its number', async () => {
    await using stage = await openStage()
    const { certificatePath } = await stage.issue('client')
    const answers = await Promise.all(
      [3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 40].map(
        async (number) =>
          runCli([
            ...['sign-string', '--certificate', certificatePath],
            ...['--private-key', `fd:${number}`],
          ]),
      ),
    )
    for (const { exitCode, stdout, stderr } of answers) {
      expect(stderr).toMatch(/file descriptor \d+ was not given to us/u)
      expect({ exitCode, stdout: stdout.length }).toEqual({ exitCode: 3, stdout: 0 })
    }
  })

  it('is told from one that was given, at any number', async () => {
    const path = join(folder, 'key')
    writeFileSync(path, 'not a key')
    for (const count of [1, 8, 20]) {
      // Anew, since one that is read to its end gives nothing more.
      const given = openSync(path, 'r')
      const extraStdio = Array.from({ length: count }, () => given)
      const number = 2 + count
      const running = startCli(['sign-string', '--private-key', `fd:${number}`], { extraStdio })
      expect((await running.result).stderr).toContain(`"fd:${number}" is neither PEM nor DER`)
      closeSync(given)
    }
  })
})

describe('a standard output that is closed', () => {
  const run = async (redirection: string, args: string): Promise<CliResult> =>
    runCli([], { launcher: ['/bin/sh', '-c', `"${PROGRAM.join('" "')}" ${args} ${redirection}`] })

  it('is a failure, where the result was to go there', async () => {
    const { exitCode, stderr } = await run('>&-', 'version')
    expect({ exitCode, stderr }).toEqual({
      exitCode: 7,
      stderr: expect.stringMatching(
        /standard output is closed \[ERR_OUTPUT_UNWRITABLE\]\nhint: /u,
      ) as string,
    })
  })

  it.each(['>/dev/null', '>/dev/null 2>&1', '1<>/dev/null 2>&1', '>&- 2>&-'])(
    'is not what %s makes of it',
    async (redirection) => {
      expect((await run(redirection, 'version')).exitCode).toBe(0)
    },
  )
})
