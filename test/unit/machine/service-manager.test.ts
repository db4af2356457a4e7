import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { describe, expect, it } from 'vitest'
import { loadLibc } from '../../../src/machine/libc.ts'
import {
  inheritedSockets,
  notifyServiceManager,
  watchdogIntervalMs,
} from '../../../src/machine/service-manager.ts'
import { hasProgram } from '../../support/capabilities.ts'

describe('inherited sockets', () => {
  it.each([
    [{ LISTEN_PID: '7', LISTEN_FDS: '2' }, [3, 4]],
    [{ LISTEN_PID: '8', LISTEN_FDS: '1' }, []],
    [{ LISTEN_FDS: '1' }, []],
    [{ LISTEN_PID: '7', LISTEN_FDS: '-1' }, []],
    [{ LISTEN_PID: '7' }, []],
  ])('%j for process 7 are %j', (env, expected) => {
    expect(inheritedSockets(env, 7)).toEqual(expected)
  })
})

describe('the watchdog', () => {
  it.each([
    [{ WATCHDOG_USEC: '30000000' }, 15_000],
    [{ WATCHDOG_USEC: '30000000', WATCHDOG_PID: '7' }, 15_000],
    [{ WATCHDOG_USEC: '30000000', WATCHDOG_PID: '8' }, undefined],
    [{ WATCHDOG_USEC: '0' }, undefined],
    [{}, undefined],
  ])('%j asks process 7 for a sign of life every %j ms', (env, expected) => {
    expect(watchdogIntervalMs(env, 7)).toBe(expected)
  })
})

/** Node has no datagram Unix sockets, so Python plays the service manager. */
const RECEIVER = `
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1].replace('@', '\\0', 1) if sys.argv[1].startswith('@') else sys.argv[1])
print('bound', flush=True)
print(repr(s.recv(4096)), flush=True)
`

describe.skipIf(!hasProgram('python3'))('sd_notify', () => {
  it.each(['a path', 'an abstract name'])('reaches %s in one datagram', async (kind) => {
    const folder = mkdtempSync(join(tmpdir(), 'ra-notify-'))
    const address = kind === 'a path' ? join(folder, 'notify') : `@ra-notify-${process.pid}`
    const receiver = spawn('python3', ['-c', RECEIVER, address])
    try {
      const lines = createInterface({ input: receiver.stdout })[Symbol.asyncIterator]()
      expect(await lines.next()).toMatchObject({ value: 'bound' })
      const libc = await loadLibc('the test')
      expect(notifyServiceManager(libc, address, 'READY=1', 'STATUS=größer')).toBe(true)
      expect(await lines.next()).toMatchObject({
        value: String.raw`b'READY=1\nSTATUS=gr\xc3\xb6\xc3\x9fer'`,
      })
    } finally {
      if (receiver.exitCode === null) {
        receiver.kill()
        await once(receiver, 'close')
      }
      rmSync(folder, { recursive: true, force: true })
    }
  })

  it('to nobody, or to a name that is too long, fails quietly', async () => {
    const libc = await loadLibc('the test')
    expect(notifyServiceManager(libc, '/nonexistent/notify', 'READY=1')).toBe(false)
    expect(notifyServiceManager(libc, `/${'x'.repeat(200)}`, 'READY=1')).toBe(false)
  })
})
