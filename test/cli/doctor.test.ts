/**
 * How the doctor speaks: to people, to programs, and through the refusals of other commands.
 *
 * @module
 */

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ARN_FLAGS, openStage, type Stage } from '../support/cli-stage.ts'
import { ARNS, Place } from '../support/doctor/place.ts'
import { runCli } from '../support/run-cli.ts'

let stage: Stage

beforeAll(async () => {
  stage = await openStage()
})

afterAll(async () => {
  await stage[Symbol.asyncDispose]()
})

describe('doctor', () => {
  it('prints one line for each check, what to do next, and a sum', async () => {
    const place = new Place(stage, 'people')
    const { flags } = await place.issue({ keyUsage: null })
    const { stdout, stderr, exitCode } = await runCli(['doctor', ...flags, ...ARNS])
    const lines = stdout.toString('utf8').trimEnd().split('\n')
    expect(lines).toContain(
      'problem  certificate-key-usage: keyUsage: the extension keyUsage is missing',
    )
    expect(lines).toContain(
      '         next: ask your CA for a version 3 end-entity certificate with keyUsage digitalSignature',
    )
    // What was not asked for has one line, not one for each check.
    expect(lines).toContain('skipped  token: no token is named')
    expect(lines).toContain('skipped  service: only online')
    expect(lines.at(-1)).toMatch(
      /^\d+ ok, 0 warning, 1 problem, \d+ skipped; begin with certificate-key-usage$/u,
    )
    expect(stderr).toBe('')
    expect(exitCode).toBe(3)
  })

  it('names the family that is to be mended first by its exit code', async () => {
    const place = new Place(stage, 'families')
    const { certificatePath } = await place.issue({ keyUsage: null })
    const { privateKeyPath } = await place.issue({}, stage.authority, 'other')
    const key = ['--private-key', privateKeyPath]
    const { code, checks } = await place.examine({
      args: ['--certificate', certificatePath, ...key, ...ARNS],
    })
    const problems = checks.filter(({ status }) => status === 'problem')
    expect(problems.map(({ id, family }) => `${id} ${family}`)).toEqual([
      'certificate-key-usage config',
      'key-match key',
    ])
    expect(code).toBe(3)
  })

  it('sends nothing unless it is told to, and then one CreateSession', async () => {
    const place = new Place(stage, 'requests')
    const { flags } = await place.issue()
    const emulator = await stage.emulate()
    const args = [...flags, ...ARNS, '--endpoint', emulator.url]
    await place.examine({ args })
    expect(emulator.requestCount).toBe(0)
    const { stdout } = await runCli(['doctor', ...args, '--online', '--json'])
    expect(emulator.requests.map(({ verdict }) => verdict.kind)).toEqual(['accepted'])
    expect(stdout.toString('utf8')).not.toMatch(/secretAccessKey|sessionToken/iu)
  })

  it('looks at the way to AWS where no session can be asked for', async () => {
    const place = new Place(stage, 'way')
    const emulator = await stage.emulate()
    const { checks } = await place.examine({ args: ['--online', '--endpoint', emulator.url] })
    const statusOf = (id: string) => checks.find((check) => check.id === id)?.status
    expect(statusOf('network-answer')).toBe('ok')
    expect(statusOf('network-clock')).toBe('ok')
    expect(statusOf('service-session')).toBe('skipped')
    expect(emulator.requestCount).toBe(1)
  })

  it('shows examples first in its help', async () => {
    const { stdout } = await runCli(['doctor', '--help'])
    expect(stdout.toString('utf8')).toMatch(
      /^Find out why .+\n\nExamples:\n {2}rolesanywhere doctor --profile onprem\n/u,
    )
  })
})

describe('a refusal', () => {
  it.each([
    ['env', []],
    ['exec', ['--', 'true']],
    ['update', ['--profile', 'onprem', '--once']],
    ['serve', ['--port', '0', '--no-imds']],
  ])('of %s ends with what the doctor finds', async (command, more) => {
    const place = new Place(stage, `refused-${command}`)
    const issuing = await stage.authority.issueAuthority({ subject: 'CN=Issuing CA' })
    const { flags } = await place.issue({}, issuing)
    const { url } = await stage.emulate()
    const words = [...flags, ...ARN_FLAGS, '--endpoint', url]
    const args = [...words, ...more]
    const { stderr, exitCode } = await runCli([command, ...args], {
      env: { HOME: place.folder },
    })
    expect(exitCode).toBe(5)
    expect(stderr).toContain(
      'found here: AWS has no trust anchor "CN=Issuing CA" (chain sent: none)',
    )
  })
})
