/** `exec` and `env`: what a child gets, and what it does not. */
import { spawnSync } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createWorld, startCli, type World } from '../support/long-running.ts'
import { runCli } from '../support/run-cli.ts'

let world: World
beforeAll(async () => {
  world = await createWorld()
})
afterAll(async () => {
  await world[Symbol.asyncDispose]()
})

const exec = (args: readonly string[], env: Record<string, string> = {}) =>
  runCli(['exec', '--profile', 'onprem', ...args], { env: { ...world.env, ...env } })

describe('exec', () => {
  test('gives credentials and a region, and takes what competes with them', async () => {
    const { stdout, exitCode } = await exec(['--', 'env'], {
      AWS_PROFILE: 'other',
      AWS_ROLE_ARN: 'x',
      AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://x',
      KEPT: 'yes',
      ROLESANYWHERE_KEY_PASSWORD: 'env:KEYPASS',
      KEYPASS: 'canary-password',
      AWS_SECURITY_TOKEN: 'x',
    })
    const env = Object.fromEntries(
      [...stdout.toString().matchAll(/^(\w+)=(.*)$/gm)].map(([, name = '', value]) => [
        name,
        value,
      ]),
    )
    expect(exitCode).toBe(0)
    expect(env).toMatchObject({
      AWS_REGION: 'eu-central-1',
      AWS_DEFAULT_REGION: 'eu-central-1',
      KEPT: 'yes',
    })
    expect(env['AWS_ACCESS_KEY_ID']).toMatch(/^ASIA/)
    expect(env['AWS_CREDENTIAL_EXPIRATION']).toMatch(/^\d{4}-.*Z$/)
    expect(stdout.toString()).not.toMatch(
      /AWS_PROFILE|AWS_ROLE_ARN|CONTAINER|canary|ROLESANYWHERE|AWS_SECURITY_TOKEN/,
    )
  })

  test('a PIN that a setting or a URI takes from the environment stays out of the child', async () => {
    const { stdout } = await exec(['--pin', 'env:TOKEN_PIN', '--', 'env'], {
      TOKEN_PIN: 'canary-pin',
      KEPT: 'yes',
    })
    expect(stdout.toString()).toContain('KEPT=yes')
    expect(stdout.toString()).not.toContain('canary')
  })

  test('a program that cannot be started is named, whatever the system says of it', async () => {
    for (const program of ['/etc/passwd/x', '', '/tmp']) {
      const { exitCode, stderr } = await exec(['--', program])
      expect(stderr).toContain(`cannot run "${program}"`)
      expect(exitCode).toBe(2)
    }
  })

  test('its exit code is that of the program, or 128 + n after signal n', async () => {
    expect((await exec(['--', 'sh', '-c', 'exit 42'])).exitCode).toBe(42)
    expect((await exec(['--', 'sh', '-c', 'kill -KILL $$'])).exitCode).toBe(137)
  })

  test('arguments behind the dashes reach the program as they are', async () => {
    const words = ['--profile', 'x y', '--', '$HOME', '*', '']
    const { stdout } = await exec(['--', 'printf', '%s\\n', ...words])
    expect(stdout.toString()).toBe(words.map((word) => `${word}\n`).join(''))
  })

  test('standard input, output and error are those of the program', async () => {
    const { stdout, stderr } = await runCli(
      ['exec', '--profile', 'onprem', '--', 'sh', '-c', 'cat; echo oops >&2'],
      { env: world.env, stdin: 'through' },
    )
    expect(stdout.toString()).toBe('through')
    expect(stderr).toBe('oops\n')
  })

  test('a signal is passed on, and the program decides what it means', async () => {
    await using running = startCli(
      [
        'exec',
        '--profile',
        'onprem',
        '--',
        'sh',
        '-c',
        'trap "echo got TERM; exit 3" TERM; echo up; while :; do sleep 0.05; done',
      ],
      world.env,
    )
    await running.until(/up/)
    expect(await running.stop('SIGTERM')).toBe(3)
    expect(running.stdout).toContain('got TERM')
  })

  test('a program that does not exist, and none at all, are errors of usage', async () => {
    const missing = await exec(['--', '/no/such/program'])
    expect(missing.exitCode).toBe(2)
    expect(missing.stderr).toContain('/no/such/program')
    expect((await exec([])).exitCode).toBe(2)
  })

  test('with --server the program gets an endpoint of its own, which ends with it', async () => {
    const { stdout, exitCode } = await exec([
      '--server',
      '--',
      process.execPath,
      '-e',
      `
      const http = require('node:http')
      const { AWS_CONTAINER_CREDENTIALS_FULL_URI: uri, AWS_CONTAINER_AUTHORIZATION_TOKEN: authorization, AWS_ACCESS_KEY_ID: key } = process.env
      http.get(uri, { headers: { authorization } }, (r) => { let b = ''; r.on('data', (c) => b += c).on('end', () => console.log(JSON.stringify({ uri, key: key ?? null, status: r.statusCode, body: JSON.parse(b) }))) })
    `,
    ])
    const seen = JSON.parse(stdout.toString()) as {
      uri: string
      key: unknown
      status: number
      body: object
    }
    expect(exitCode).toBe(0)
    expect(seen).toMatchObject({
      key: null,
      status: 200,
      body: { RoleArn: 'arn:aws:iam::111122223333:role/path/first' },
    })
    await expect(
      import('node:net').then(
        ({ connect }) =>
          new Promise((resolve, reject) => {
            connect(Number(new URL(seen.uri).port), '127.0.0.1')
              .on('connect', resolve)
              .on('error', reject)
          }),
      ),
    ).rejects.toThrow('ECONNREFUSED')
  })
})

describe('env', () => {
  test('its lines for bash and dotenv set the same four variables', async () => {
    const { stdout } = await runCli(['env', '--profile', 'onprem'], { env: world.env })
    const script = `${stdout.toString()}\nenv | grep ^AWS_ | cut -d= -f1 | sort`
    const run = spawnSync('sh', ['-c', script], { env: { PATH: world.env['PATH'] } })
    expect(run.stdout.toString()).toBe(
      'AWS_ACCESS_KEY_ID\nAWS_CREDENTIAL_EXPIRATION\nAWS_SECRET_ACCESS_KEY\nAWS_SESSION_TOKEN\n',
    )
    const dotenv = await runCli(['env', '--profile', 'onprem', '--shell', 'dotenv'], {
      env: world.env,
    })
    expect(dotenv.stdout.toString()).toMatch(/^AWS_ACCESS_KEY_ID='ASIA\w+'\n/)
  })

  test('JSON is one object', async () => {
    const { stdout } = await runCli(['env', '--profile', 'onprem', '--shell', 'json'], {
      env: world.env,
    })
    expect(JSON.parse(stdout.toString())).toMatchObject({
      AWS_SESSION_TOKEN: expect.stringMatching(/.{50,}/) as string,
    })
  })
})
