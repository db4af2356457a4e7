/** `serve` and `status` as processes: start, roles, rotation, signals, failures. */
import { spawn, spawnSync } from 'node:child_process'
import { createPrivateKey, type KeyExportOptions } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { StatusReport } from '../../src/outputs/endpoint/status-report.ts'
import { parseFault } from '../../src/emulator/faults.ts'
import {
  createWorld,
  startCli,
  startServe,
  type Running,
  type World,
} from '../support/long-running.ts'
import { FakedClock, hasFaketime } from '../support/faked-clock.ts'
import { PROGRAM, runCli } from '../support/run-cli.ts'

let world: World
beforeAll(async () => {
  world = await createWorld()
})
afterAll(async () => {
  await world[Symbol.asyncDispose]()
})

async function fetchContainer(running: Running): Promise<Record<string, string>> {
  const {
    AWS_CONTAINER_CREDENTIALS_FULL_URI: uri = '',
    AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: file = '',
  } = running.exported
  const response = await fetchPlain(uri, { authorization: readFileSync(file, 'utf8') })
  expect(response.status).toBe(200)
  return JSON.parse(response.body) as Record<string, string>
}

/** Not `fetch`: that adds Sec-Fetch headers, as a browser does, and is refused. */
async function fetchPlain(
  url: string,
  headers: Record<string, string> = {},
): Promise<{ status: number; body: string }> {
  const { get } = await import('node:http')
  return new Promise((resolve, reject) => {
    get(url, { headers, agent: false }, (response) => {
      let body = ''
      response.on('data', (chunk: Buffer) => (body += chunk.toString()))
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, body })
      })
    }).on('error', reject)
  })
}

describe('serve', () => {
  it('serves two profiles, each by its own path and token, and ends with 0 on SIGTERM', async () => {
    await using running = await startServe(world, ['--profile', 'onprem', '--profile', 'second'])
    await running.until(/AWS_EC2_METADATA_SERVICE_ENDPOINT=.*\n/)
    expect((await fetchContainer(running))['RoleArn']).toMatch(/role\/path\/second$/)
    const first = readFileSync(join(world.folder, 'tokens', 'onprem.token'), 'utf8')
    const base = running.exported['AWS_EC2_METADATA_SERVICE_ENDPOINT'] ?? ''
    const answer = await fetchPlain(`${base}credentials/onprem`, { authorization: first })
    expect(JSON.parse(answer.body)).toMatchObject({
      RoleArn: expect.stringMatching(/first$/) as string,
    })
    expect((await fetchPlain(`${base}credentials/second`, { authorization: first })).status).toBe(
      401,
    )
    expect(await running.stop()).toBe(0)
  })

  it.skipIf(!hasFaketime)(
    'on SIGHUP new credentials come, and a renewed certificate is used',
    async () => {
      using clock = new FakedClock('time')
      await using running = await startServe(world, ['--profile', 'onprem', '--debug'], clock.env)
      const before = await fetchContainer(running)
      await world.issue()
      running.child.kill('SIGHUP')
      await running.until(/identity rotated/)
      // AWS is not asked twice a minute.
      expect((await fetchContainer(running))['AccessKeyId']).toBe(before['AccessKeyId'])
      clock.move(61)
      await expect
        .poll(async () => (await fetchContainer(running))['AccessKeyId'], { timeout: 10_000 })
        .not.toBe(before['AccessKeyId'])
    },
  )

  it.skipIf(!hasFaketime)(
    'a half-done renewal is not used: the old pair goes on until the new one is whole',
    async () => {
      using clock = new FakedClock('time')
      await using running = await startServe(world, ['--profile', 'onprem', '--debug'], clock.env)
      await world.issue(['certificate'])
      await running.until(/renewed certificate and key are not used yet/)
      const before = await fetchContainer(running)
      clock.move(61)
      running.child.kill('SIGHUP')
      await expect
        .poll(async () => (await fetchContainer(running))['AccessKeyId'], { timeout: 10_000 })
        .not.toBe(before['AccessKeyId'])
      await world.issue()
      await running.until(/identity rotated/)
    },
  )

  it('ends with the cause when the first credentials cannot be had', async () => {
    await using refusing = await createWorld({ faults: [parseFault('status=403')] })
    const result = await runCli(
      ['serve', '--port', '0', '--profile', 'onprem', '--token-folder', join(refusing.folder, 't')],
      { env: refusing.env },
    )
    expect(result.exitCode).toBe(5)
    expect(result.stdout).toHaveLength(0)
    expect(result.stderr).toContain('ERR_SERVICE_ACCESS_DENIED')
  })

  it('with --wait it stays, answers 500 and is not ready', async () => {
    await using refusing = await createWorld({ faults: [parseFault('status=403')] })
    await using running = await startServe(refusing, ['--profile', 'onprem', '--wait'])
    await running.until(/refresh failed/)
    const {
      AWS_CONTAINER_CREDENTIALS_FULL_URI: uri = '',
      AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: file = '',
    } = running.exported
    const { status, body } = await fetchPlain(uri, { authorization: readFileSync(file, 'utf8') })
    expect(status).toBe(500)
    expect(JSON.parse(body)).toMatchObject({ code: 'ERR_SERVICE_ACCESS_DENIED' })
    expect((await fetchPlain(new URL('/readyz', uri).href)).status).toBe(503)
    const { port } = new URL(uri)
    const status1 = await runCli(['status', '--port', port, '--json'])
    expect(status1.exitCode).toBe(1)
    expect(JSON.parse(status1.stdout.toString())).toMatchObject({
      roles: [{ lastError: { code: 'ERR_SERVICE_ACCESS_DENIED' } }],
    })
  })

  it('refuses to listen for other machines unless told so twice, and then serves no IMDS', async () => {
    const refused = await runCli(
      ['serve', '--profile', 'onprem', '--bind', '0.0.0.0', '--port', '0'],
      { env: world.env },
    )
    expect(refused.exitCode).toBe(2)
    expect(refused.stderr).toContain('--allow-remote')
    await using running = await startServe(world, [
      '--profile',
      'onprem',
      '--bind',
      '0.0.0.0',
      '--allow-remote',
    ])
    expect(running.stdout).not.toContain('EC2_METADATA')
    expect(running.stderr).toContain('not encrypted')
  })

  it('a second one on the same port ends, and the first is unharmed', async () => {
    await using running = await startServe(world, ['--profile', 'onprem'])
    const { port } = new URL(running.exported['AWS_CONTAINER_CREDENTIALS_FULL_URI'] ?? '')
    const second = await runCli(
      [
        'serve',
        '--profile',
        'onprem',
        '--port',
        port,
        '--token-folder',
        join(world.folder, 'tokens'),
      ],
      { env: world.env },
    )
    expect(second.exitCode).toBe(7)
    expect(second.stderr).toContain('ERR_OUTPUT_ADDRESS_IN_USE')
    await fetchContainer(running)
  })

  it('SIGUSR1 opens no debugger', async () => {
    await using running = await startServe(world, ['--profile', 'onprem'])
    running.child.kill('SIGUSR1')
    await fetchContainer(running)
    const isOpen = await new Promise<boolean>((resolve) => {
      connect(9229, '127.0.0.1')
        .on('connect', () => {
          resolve(true)
        })
        .on('error', () => {
          resolve(false)
        })
    })
    expect(isOpen).toBe(false)
  })

  it('no secret is in anything it prints, even with --debug', async () => {
    await using running = await startServe(world, ['--profile', 'onprem', '--debug'])
    const credentials = await fetchContainer(running)
    await running.stop()
    const token = readFileSync(join(world.folder, 'tokens', 'onprem.token'), 'utf8')
    for (const secret of [credentials['SecretAccessKey'], credentials['Token'], token]) {
      expect(secret).toMatch(/.{20,}/)
      expect(running.stdout + running.stderr).not.toContain(secret)
    }
  })
})

it('status tells what is served, and fails clearly where nothing is', async () => {
  await using running = await startServe(world, ['--profile', 'onprem'])
  const { port } = new URL(running.exported['AWS_CONTAINER_CREDENTIALS_FULL_URI'] ?? '')
  const good = await runCli(['status', '--port', port])
  expect(good.exitCode).toBe(0)
  const report = JSON.parse(good.stdout.toString()) as StatusReport
  expect(report.roles.map(({ profile }) => profile)).toEqual(['onprem'])
  const left = Date.parse(report.roles[0]?.credentialsExpire ?? '') - Date.now()
  expect(left).toBeGreaterThan(50 * 60_000)
  const none = await runCli(['status', '--port', '1'])
  expect(none.exitCode).toBe(6)
})

it('status says so when some other program answers', async () => {
  for (const body of ['<html>', '{}', 'null']) {
    const other = createServer((_, response) => response.end(body)).listen(0, '127.0.0.1')
    await once(other, 'listening')
    const { port } = other.address() as AddressInfo
    const { exitCode, stderr } = await runCli(['status', '--port', String(port)])
    other.close()
    expect(stderr).toContain('what answers there is no rolesanywhere serve')
    expect(exitCode).toBe(6)
  }
})

it('a key password from standard input is still known when the key is renewed', async () => {
  const leaf = await world.authority.issue({ keyType: 'ec' })
  const key = join(world.folder, 'encrypted.key')
  const certificate = join(world.folder, 'encrypted.pem')
  const put = (to: typeof leaf): void => {
    const options = { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'canary' }
    writeFileSync(
      key,
      createPrivateKey(to.privateKeyPem).export(options as KeyExportOptions<'pem'>),
      { mode: 0o600 },
    )
    writeFileSync(certificate, to.certificatePem)
  }
  put(leaf)
  const password = join(world.folder, 'password')
  writeFileSync(password, 'canary\n', { mode: 0o600 })
  await using running = startCli(
    [
      ...['serve', '--port', '0', '--profile', 'onprem', '--debug'],
      ...['--token-folder', join(world.folder, "tokens of o'hara"), '--key-password', 'stdin'],
      // `file:` is watched like a path.
      ...['--certificate', `file:${certificate}`, '--private-key', `file:${key}`],
    ],
    { ...world.env, PASSWORD: password },
    ['/bin/sh', '-c', 'exec "$0" "$@" < "$PASSWORD"', ...PROGRAM],
  )
  await running.until(/AWS_EC2_METADATA_SERVICE_ENDPOINT=.*\n/)
  put(await world.authority.issue({ keyType: 'ec' }))
  await running.until(/identity rotated/)
  // What was printed is safe to paste, whatever the folder is called.
  const shell = spawnSync('/bin/sh', [], {
    input: `${running.stdout}cat "$AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"`,
  })
  expect(shell.stdout.toString()).toMatch(/^[\w-]{43}$/)
})

it('an inherited socket that is no TCP socket ends it at once', async () => {
  const path = join(world.folder, 'unix.sock')
  const listener = createServer().listen(path)
  await once(listener, 'listening')
  const { fd } = (listener as unknown as { _handle: { fd: number } })._handle
  const child = spawn(
    '/bin/sh',
    ['-c', 'LISTEN_FDS=1 LISTEN_PID=$$ exec "$0" "$@"', ...PROGRAM].concat([
      ...['serve', '--profile', 'onprem', '--token-folder', join(world.folder, 'tokens')],
    ]),
    { env: world.env, stdio: ['ignore', 'ignore', 'pipe', fd] },
  )
  let stderr = ''
  child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  const [code] = (await once(child, 'close')) as [number | null]
  listener.close()
  expect(stderr).toContain('the inherited socket is no TCP socket')
  expect(code).toBe(7)
}, 15_000)

it('the watchdog and readiness reach a manager that listens, and nothing breaks without one', async () => {
  const path = join(world.folder, 'nobody-listens')
  const running = startCli(
    ['serve', '--port', '0', '--profile', 'onprem', '--token-folder', join(world.folder, 'tokens')],
    { ...world.env, NOTIFY_SOCKET: path },
  )
  await running.until(/AWS_CONTAINER/)
  expect(await running.stop()).toBe(0)
  writeFileSync(path, '')
})
