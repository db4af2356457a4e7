/** `exec` and `env`: what a child gets, and what it does not. */
import { spawnSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
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
  it('gives credentials and a region, and takes what competes with them', async () => {
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

  it('a PIN that a setting or a URI takes from the environment stays out of the child', async () => {
    const { stdout } = await exec(['--pin', 'env:TOKEN_PIN', '--', 'env'], {
      TOKEN_PIN: 'canary-pin',
      KEPT: 'yes',
    })
    expect(stdout.toString()).toContain('KEPT=yes')
    expect(stdout.toString()).not.toContain('canary')
  })

  it('what cannot be run is answered as shells do, before AWS is asked', async () => {
    const before = world.emulator.requestCount
    for (const [program, exitCode, why] of [
      ['/no/such/program', 127, 'no such program'],
      ['no-such-program', 127, 'no such program'],
      ['/etc/passwd/x', 127, 'no such program'],
      ['', 127, 'no such program'],
      ['/tmp', 126, 'not executable'],
      ['/etc/passwd', 126, 'not executable'],
    ] as const) {
      const result = await exec(['--', program])
      expect(result.stderr).toContain(`cannot run "${program}": ${why} [`)
      expect(result.exitCode).toBe(exitCode)
    }
    expect(world.emulator.requestCount).toBe(before)
  })

  it('a script without its interpreter is found, and cannot be run', async () => {
    const script = join(world.folder, 'script')
    writeFileSync(script, '#!/no/such/interpreter\n', { mode: 0o700 })
    const { exitCode, stderr } = await exec(['--', script])
    expect(stderr).toContain(`cannot run "${script}": ENOENT [`)
    expect(exitCode).toBe(126)
  })

  it('its exit code is that of the program, or 128 + n after signal n', async () => {
    expect((await exec(['--', 'sh', '-c', 'exit 42'])).exitCode).toBe(42)
    expect((await exec(['--', 'sh', '-c', 'kill -KILL $$'])).exitCode).toBe(137)
  })

  it('arguments behind the dashes reach the program as they are', async () => {
    const words = ['--profile', 'x y', '--', '$HOME', '*', '']
    const { stdout } = await exec(['--', 'printf', '%s\\n', ...words])
    expect(stdout.toString()).toBe(words.map((word) => `${word}\n`).join(''))
  })

  it('standard input, output and error are those of the program', async () => {
    const { stdout, stderr } = await runCli(
      ['exec', '--profile', 'onprem', '--', 'sh', '-c', 'cat; echo oops >&2'],
      { env: world.env, stdin: 'through' },
    )
    expect(stdout.toString()).toBe('through')
    expect(stderr).toBe('oops\n')
  })

  it('a signal is passed on, and the program decides what it means', async () => {
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

  it('no program at all is an error of usage', async () => {
    const { exitCode, stderr } = await exec([])
    expect(exitCode).toBe(2)
    expect(stderr).toContain('exec needs a program to run')
  })

  it('with --server the program gets an endpoint of its own, which ends with it', async () => {
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

  /** Runs JavaScript beside an endpoint: `ask(token)` gives the answer to a request with it. */
  const beside = (script: string, env: Record<string, string> = {}) =>
    exec(
      [
        '--server',
        '--',
        process.execPath,
        '-e',
        `const { readFileSync, statSync, writeFileSync, renameSync } = require('node:fs')
         const uri = process.env.AWS_CONTAINER_CREDENTIALS_FULL_URI
         const value = process.env.AWS_CONTAINER_AUTHORIZATION_TOKEN
         const path = process.env.AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE
         const ask = async (authorization) => (await fetch(uri, { headers: { authorization } })).status
         ;(async () => { ${script} })().then((seen) => console.log(JSON.stringify(seen)))`,
      ],
      env,
    )

  it('its token lies in a file that only the user reads, and that is gone at the end', async () => {
    const { stdout, exitCode } = await beside(
      `const text = readFileSync(path, 'utf8')
       return { path, same: text === value, mode: statSync(path).mode & 0o777, status: await ask(text) }`,
    )
    expect(exitCode).toBe(0)
    const { path, ...seen } = JSON.parse(stdout.toString()) as { path: string }
    expect(seen).toEqual({ same: true, mode: 0o600, status: 200 })
    expect(existsSync(path)).toBe(false)
    expect(existsSync(dirname(path))).toBe(false)
  })

  it('a token that the program puts in place of it counts at once, the old one for a while', async () => {
    const { stdout } = await beside(
      `const mine = 'another-token-of-the-program'
       writeFileSync(path + '.new', mine, { mode: 0o600 })
       renameSync(path + '.new', path)
       return [await ask(mine), await ask(value), await ask('neither')]`,
    )
    expect(JSON.parse(stdout.toString())).toEqual([200, 200, 401])
  })

  it('where no file can be made there is a warning, and the value', async () => {
    const nowhere = join(world.folder, 'nowhere')
    const { stdout, stderr } = await beside('return [path ?? null, await ask(value)]', {
      XDG_RUNTIME_DIR: nowhere,
      TMPDIR: nowhere,
    })
    expect(JSON.parse(stdout.toString())).toEqual([null, 200])
    expect(stderr).toContain('the program gets the token by value only')
  })
})

describe('env', () => {
  const env = async (args: readonly string[], more: Record<string, string> = {}) =>
    (
      await runCli(['env', '--profile', 'onprem', ...args], { env: { ...world.env, ...more } })
    ).stdout.toString()

  const SET = [
    'AWS_ACCESS_KEY_ID',
    'AWS_CREDENTIAL_EXPIRATION',
    'AWS_DEFAULT_REGION',
    'AWS_REGION',
    'AWS_SECRET_ACCESS_KEY',
    'AWS_SESSION_TOKEN',
  ]

  it('its lines set what exec sets, take away what shadows it, and can be undone', async () => {
    const shadow = { AWS_PROFILE: 'other', AWS_DEFAULT_PROFILE: 'x', AWS_SECURITY_TOKEN: 'y' }
    const show = 'env | grep ^AWS_ | cut -d= -f1 | sort\n'
    const undo = await runCli(['env', '--unset'])
    expect(undo).toMatchObject({ exitCode: 0, stderr: '' })
    const script = `${await env([])}${show}echo undone\n${undo.stdout.toString()}${show}`
    const run = spawnSync('sh', ['-c', script], { env: { PATH: world.env['PATH'], ...shadow } })
    expect(run.stdout.toString()).toBe([...SET, 'undone', ''].join('\n'))
  })

  it('its region is that of the program, else that of the role, as with exec', async () => {
    expect(await env([])).toContain("export AWS_REGION='eu-central-1'\n")
    const own = await env([], { AWS_DEFAULT_REGION: 'us-east-1' })
    expect(own).toContain("export AWS_REGION='us-east-1'\nexport AWS_DEFAULT_REGION='us-east-1'\n")
  })

  it('forms that are no shell set the same', async () => {
    const dotenv = await env(['--shell', 'dotenv'])
    expect(dotenv).toMatch(/^AWS_ACCESS_KEY_ID='ASIA\w+'\n/)
    expect([...dotenv.matchAll(/^(\w+)=/gm)].map(([, name]) => name).toSorted()).toEqual(SET)
    const json = JSON.parse(await env(['--shell', 'json'])) as Record<string, string>
    expect(Object.keys(json).toSorted()).toEqual(SET)
    expect(json['AWS_SESSION_TOKEN']).toMatch(/.{50,}/)
  })

  it('forms that are no shell have no words for --unset', async () => {
    const { exitCode, stderr } = await runCli(['env', '--unset', '--shell', 'json'])
    expect(exitCode).toBe(2)
    expect(stderr).toContain('json has no words for --unset [ERR_USAGE_CONFLICT]')
  })
})
