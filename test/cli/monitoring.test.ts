/** What monitors see of `serve`, and what `status` makes of a program that took the port. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, readFileSync } from 'node:fs'
import { get, request } from 'node:http'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createWorld, startServe, type World } from '../support/long-running.ts'
import { runCli, type CliResult } from '../support/run-cli.ts'

let world: World
beforeAll(async () => {
  world = await createWorld()
})
afterAll(async () => {
  await world[Symbol.asyncDispose]()
})

interface Answer {
  readonly status: number
  readonly body: string
}

function ask(url: string, method = 'GET', body?: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { method, agent: false }, (response) => {
      let text = ''
      response.on('data', (chunk: Buffer) => (text += chunk.toString()))
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, body: text })
      })
    })
    asked.on('error', reject)
    asked.end(body)
  })
}

describe('--monitor-listen', () => {
  it('answers probes and monitors and nothing else, and tells them no secret', async () => {
    await using serving = await startServe(world, [
      ...['--profile', 'onprem', '--monitor-listen', '127.0.0.1:0'],
    ])
    await serving.until(/^# for monitors: .*\n/mu)
    const [, base = ''] = /^# for monitors: (http:\S+)\/metrics$/mu.exec(serving.stdout) ?? []
    const endpoint = serving.exported['AWS_CONTAINER_CREDENTIALS_FULL_URI'] ?? ''
    const token = readFileSync(join(world.folder, 'tokens', 'onprem.token'), 'utf8')
    const credentials = await new Promise<string>((resolve, reject) => {
      get(endpoint, { headers: { authorization: token }, agent: false }, (response) => {
        let text = ''
        response.on('data', (chunk: Buffer) => (text += chunk.toString()))
        response.on('end', () => {
          resolve(text)
        })
      }).on('error', reject)
    })
    const { AccessKeyId: accessKeyId = '' } = JSON.parse(credentials) as Record<string, string>
    expect(accessKeyId).not.toBe('')

    expect(await ask(`${base}/healthz`)).toEqual({ status: 200, body: 'ok\n' })
    expect(await ask(`${base}/readyz/`)).toEqual({ status: 200, body: 'ok\n' })
    const metrics = await ask(`${base}/metrics`)
    expect(metrics.body).toContain(
      'rolesanywhere_requests_total{route="container-credentials",status="200"} 1\n',
    )
    for (const secret of [token, accessKeyId, 'arn:aws']) expect(metrics.body).not.toContain(secret)
    for (const path of ['/status', '/', '/credentials/onprem', '/latest/api/token']) {
      expect((await ask(base + path)).status, path).toBe(404)
    }
    expect((await ask(`${base}/metrics`, 'POST')).status).toBe(405)
    expect((await ask(`${base}/metrics`, 'GET', 'body')).status).toBe(400)
    expect(await serving.stop()).toBe(0)
  })

  it.each(['9912', 'localhost:9912', '127.0.0.1', '127.0.0.256:9912', '::1:9912', '[::1]:65536'])(
    '%s is refused by name',
    async (value) => {
      const { exitCode, stderr } = await runCli(['serve', '--monitor-listen', value])
      expect(exitCode).toBe(2)
      expect(stderr).toContain(`--monitor-listen: "${value}" is not an IP address with a port`)
    },
  )
})

describe('a profile with a name that no path can hold', () => {
  it.each(['..', '.'])('(%s) is refused by serve', async (name) => {
    const config = world.env['AWS_CONFIG_FILE'] ?? ''
    const [, onprem = ''] = readFileSync(config, 'utf8').split(/\[profile \S+\]\n/u)
    appendFileSync(config, `[profile ${name}]\n${onprem}`)
    const tokens = ['--token-folder', join(world.folder, 'tokens')]
    const { exitCode, stderr } = await runCli(
      ['serve', '--port', '0', '--profile', name, ...tokens],
      { env: { ...world.env } },
    )
    expect({ exitCode, stderr }).toEqual({
      exitCode: 2,
      stderr: expect.stringContaining(`the profile "${name}" cannot be part of a path`) as string,
    })
  })
})

describe('status, where another program took the port', () => {
  const ROLE = {
    profile: 'onprem',
    roleArn: 'arn:aws:iam::111122223333:role/r',
    certificateExpires: '2099-01-01T00:00:00Z',
    credentialsExpire: null,
    lastRefresh: null,
    nextTry: '2099-01-01T00:00:00Z',
    refreshes: 1,
    failures: {},
    lastError: null,
  }
  const report = (changes: object): string =>
    JSON.stringify({ version: '1', roles: [{ ...ROLE, ...changes }] })

  const IMPOSTOR = `
    require('node:http').createServer((request, response) => response.end(process.argv[1]))
      .listen(0, '127.0.0.1', function () { console.log(this.address().port) })`
  const isRoot = process.getuid?.() === 0
  const uid = isRoot ? 65_534 : (process.getuid?.() ?? 0)

  async function statusOf(body: string, args: readonly string[] = []): Promise<CliResult> {
    const impostor = spawn(process.execPath, ['-e', IMPOSTOR, body], {
      ...(isRoot ? { uid, gid: uid } : {}),
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    try {
      const [port] = (await once(impostor.stdout, 'data')) as [Buffer]
      return await runCli(['status', '--port', port.toString().trim(), ...args])
    } finally {
      impostor.kill()
      await once(impostor, 'close')
    }
  }

  it.each([
    'hello',
    '[]',
    'null',
    '{"roles":[]}',
    '{"version":"1","roles":[null]}',
    '{"version":"1","roles":["x"]}',
    '{"version":"1","roles":[{}]}',
    report({ failures: null }),
    report({ failures: { a: -1 } }),
    report({ refreshes: '1' }),
    report({ lastError: 'x' }),
    report({ credentialsExpire: 'never' }),
    report({ certificateExpires: '2099-13-45T00:00:00Z' }),
    report({ profile: 7 }),
  ])('says whose program it is when it answers %s', async (body) => {
    const { exitCode, stdout, stderr } = await statusOf(body)
    expect({ exitCode, stdout: stdout.toString() }).toEqual({ exitCode: 6, stdout: '' })
    expect(stderr).toMatch(
      new RegExp(
        `is no rolesanywhere serve; the port is held by user ${uid}(?: \\(\\S+\\))? \\[ERR_NETWORK_CONNECT\\]`,
        'u',
      ),
    )
  })

  it('shows what it says without what would steer a terminal', async () => {
    const hostile = 'a\u001b]0;x\u0007\u009b31m\u202e\nb'
    const body = report({
      profile: hostile,
      roleArn: hostile,
      lastError: { code: hostile, message: hostile, at: '2026-01-01T00:00:00Z' },
    })
    for (const args of [[], ['--json']]) {
      const { exitCode, stdout } = await statusOf(body, args)
      expect(exitCode).toBe(1)
      expect(stdout.toString().replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
    }
  })
})
