/**
 * `fd:N` where the descriptor is a pipe that keeps its readers waiting.
 *
 * @module
 */

import { execFileSync } from 'node:child_process'
import { closeSync, constants, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readDescriptor } from '../../src/machine/read-descriptor.ts'
import { startCli } from '../support/run-cli.ts'

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
