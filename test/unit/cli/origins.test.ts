/**
 * A mistake is named by the place where it was made: a variable, a line of a profile, an option of the
 * library. Nobody who wrote none is told of a flag.
 *
 * @module
 */

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fromRolesAnywhere, RolesAnywhereError } from '../../../src/index.ts'
import type { FromRolesAnywhereOptions } from '../../../src/index.ts'
import { openStage, type Stage } from '../../support/cli-stage.ts'
import { runMain } from '../../support/fake-system.ts'
import { PROFILE_ARN, ROLE_ARN, TRUST_ANCHOR_ARN } from '../../support/pki-request.ts'

let stage: Stage
/** What works: a mistake is put in the place of one of its lines. */
let good: Readonly<Record<string, string>>

beforeAll(async () => {
  stage = await openStage()
  const { certificatePath, privateKeyPath } = await stage.issue('good')
  good = {
    certificate: certificatePath,
    private_key: privateKeyPath,
    trust_anchor_arn: TRUST_ANCHOR_ARN,
    profile_arn: PROFILE_ARN,
    role_arn: ROLE_ARN,
    timeout: '1',
  }
})

afterAll(async () => {
  await stage[Symbol.asyncDispose]()
})

/** Of the variable or key, or of the option of the library. */
type Mistake = readonly [name: string, value: string, message: RegExp]

const IN_ENVIRONMENT: readonly Mistake[] = [
  ['ROLESANYWHERE_CERTIFICATE', '/none/c.pem', /^cannot read "\/none\/c\.pem" \(NAME\)/u],
  ['ROLESANYWHERE_PRIVATE_KEY', '/none/c.key', /^cannot read "\/none\/c\.key" \(NAME\)/u],
  ['ROLESANYWHERE_INTERMEDIATES', '/none/i.pem', /^cannot read "\/none\/i\.pem" \(NAME\)/u],
  ['ROLESANYWHERE_ROLE_ARN', 'admin', /^NAME: /u],
  ['ROLESANYWHERE_SESSION_DURATION', '12h30', /^NAME: "12h30" is not a time/u],
  ['ROLESANYWHERE_PIN', 'hunter2', /^NAME: the value does not say where the secret is/u],
  ['AWS_CA_BUNDLE', '/none/ca.pem', /^cannot read "\/none\/ca\.pem" \(NAME\)/u],
  ['AWS_ENDPOINT_URL', 'http://localstack:4566', /^NAME: plain http/u],
  ['AWS_USE_FIPS_ENDPOINT', 'on', /^NAME: "on" is neither true nor false/u],
  ['HTTPS_PROXY', 'ftp://proxy', /NAME/u],
  ['https_proxy', 'http://127.0.0.1:1', /NAME/u],
]

const IN_PROFILE: readonly Mistake[] = [
  ['rolesanywhere_certificate', '"/etc/c.pem"', /^NAME: the value is in quotes/u],
  ['rolesanywhere_certificate', '/none/c.pem', /^cannot read "\/none\/c\.pem" \(NAME\)/u],
  ['rolesanywhere_private_key', 'c.key', /^cannot read "\/where\/it\/runs\/c\.key" \(NAME\)/u],
  ['rolesanywhere_key_password', 'hunter2', /^NAME: the value does not say where/u],
  ['rolesanywhere_trust_anchor_arn', ROLE_ARN, /^NAME: /u],
  ['rolesanywhere_region', 'eu central', /^NAME: "eu central" is not a region/u],
  ['rolesanywhere_timeout', '2h', /^NAME: "2h" is not a time/u],
  ['ca_bundle', '/none/ca.pem', /^cannot read "\/none\/ca\.pem" \(NAME\)/u],
  ['endpoint_url', 'http://localstack:4566', /^NAME: plain http/u],
  ['use_fips_endpoint', 'yes', /^NAME: "yes" is neither/u],
]

const IN_LIBRARY: readonly Mistake[] = [
  ['certificate', '/none/c.pem', /^cannot read "\/none\/c\.pem" \(NAME\)/u],
  ['privateKey', '/none/c.key', /^cannot read "\/none\/c\.key" \(NAME\)/u],
  ['intermediates', '/none/i.pem', /^cannot read "\/none\/i\.pem" \(NAME\)/u],
  ['caBundle', '/none/ca.pem', /^cannot read "\/none\/ca\.pem" \(NAME\)/u],
  ['keyPassword', 'hunter2', /^NAME: the value does not say where the secret is/u],
  ['proxy', 'ftp://proxy', /NAME/u],
]

/** The variables of what works, with one more or another. */
function environment(name = '', value = ''): Record<string, string> {
  const ours = Object.entries(good).map(([key, text]): [string, string] => [
    `ROLESANYWHERE_${key.toUpperCase()}`,
    text,
  ])
  return { HOME: '/nonexistent', ...Object.fromEntries(ours), [name]: value }
}

/** `[profile NAME]` in a file of its own; `line` is where `key` stands. */
function config(name: string, key: string, value: string): { path: string; line: number } {
  const lines = Object.entries(good)
    .map(([one, text]): [string, string] => [`rolesanywhere_${one}`, text])
    .filter(([one]) => one !== key)
    .map(([one, text]) => `${one} = ${text}`)
  const text = [
    '# not this one',
    '[default]',
    '',
    `[profile ${name}]`,
    ...lines,
    `${key} = ${value}`,
  ]
  const path = join(stage.folder, 'config')
  writeFileSync(path, `${text.join('\n')}\n`)
  return { path, line: text.length }
}

/** The error line without its head and code, and its hint. */
function said(stderr: string): { message: string; hint: string } {
  const [, message = ''] = /^rolesanywhere: error: (.*) \[\w+\]$/mu.exec(stderr) ?? []
  return { message, hint: /^hint: (.*)$/mu.exec(stderr)?.[1] ?? '' }
}

function pattern(message: RegExp, name: string): RegExp {
  return new RegExp(message.source.replace('NAME', name.replaceAll(/[[\].]/gu, '\\$&')), 'u')
}

describe('a mistake in a variable is named by the variable', () => {
  it.each(IN_ENVIRONMENT)('%s=%s', async (name, value, message) => {
    const env = environment(name, value)
    const { exitCode, stdout, stderr } = await runMain(['credential-process'], { env })
    const { message: text, hint } = said(stderr)
    expect(`${text}\n${hint}`).toMatch(pattern(message, name))
    expect(stderr).not.toMatch(/\(--|hunter2/u)
    expect([exitCode > 0, stdout]).toEqual([true, ''])
  })
})

describe('a mistake in a profile is named by key, profile, file and line', () => {
  it.each(IN_PROFILE)('%s = %s', async (key, value, message) => {
    const { path, line } = config('onprem', key, value)
    // The folder is the home of this run, so that it is shown as one would type it.
    const env = { HOME: stage.folder, AWS_CONFIG_FILE: path, AWS_PROFILE: 'onprem' }
    const { exitCode, stderr } = await runMain(['credential-process'], { env })
    const name = `${key} in [profile onprem] of ~/config, line ${line}`
    expect(said(stderr).message).toMatch(pattern(message, name))
    expect(stderr).not.toContain('hunter2')
    expect(exitCode).toBeGreaterThan(0)
  })

  it('of several roles each by its own', async () => {
    const { path } = config('bad', 'rolesanywhere_certificate', '/none/c.pem')
    const both = `${path}-both`
    const profile = (name: string, key: string): string =>
      `[profile ${name}]\n${Object.entries({ ...good, certificate: key })
        .map(([one, text]) => `rolesanywhere_${one} = ${text}\n`)
        .join('')}`
    writeFileSync(both, profile('one', good['certificate']!) + profile('two', '/none/c.pem'))
    const env = { HOME: '/nonexistent', AWS_CONFIG_FILE: both }
    const argv = ['serve', '--profile', 'one', '--profile', 'two', '--port', '0']
    const { exitCode, stderr } = await runMain(argv, { env })
    expect(said(stderr).message).toContain(
      `(rolesanywhere_certificate in [profile two] of ${both}, line 9)`,
    )
    expect(exitCode).toBe(3)
  })
})

describe('a mistake in an option of the library is named by the option', () => {
  it.each(IN_LIBRARY)('%s: %s', async (name, value, message) => {
    const provide = async (): Promise<unknown> =>
      fromRolesAnywhere({
        certificate: good['certificate'],
        privateKey: good['private_key'],
        trustAnchorArn: TRUST_ANCHOR_ARN,
        profileArn: PROFILE_ARN,
        roleArn: ROLE_ARN,
        timeoutMs: 1000,
        [name]: value,
      } as FromRolesAnywhereOptions)()
    const error: unknown = await provide().catch((cause: unknown) => cause)
    expect(error).toBeInstanceOf(RolesAnywhereError)
    const { message: text, hint = '' } = error as RolesAnywhereError
    expect(text).toMatch(pattern(message, name))
    expect(text + hint).not.toMatch(/--[a-z]|hunter2/u)
  })
})

describe('advice', () => {
  it('about a relative path in a profile is to write it absolute', async () => {
    const { path } = config('onprem', 'rolesanywhere_certificate', 'c.pem')
    const env = { HOME: '/nonexistent', AWS_CONFIG_FILE: path, AWS_PROFILE: 'onprem' }
    expect(said((await runMain(['credential-process'], { env })).stderr).hint).toMatch(
      /; in a profile, write it absolute: /u,
    )
    const argv = ['read-certificate-data', '--certificate', 'c.pem']
    expect(said((await runMain(argv)).stderr).hint).not.toContain('absolute')
  })

  it('about an endpoint that AWS_ENDPOINT_URL names says so when it fails', async () => {
    const env = environment('AWS_ENDPOINT_URL', 'https://127.0.0.1:1')
    const { stderr } = await runMain(['credential-process'], { env })
    expect(said(stderr).hint).toContain(
      'the endpoint comes from AWS_ENDPOINT_URL; --ignore-configured-endpoint-urls leaves it out',
    )
    // A role of serve says it once, though its failure passes through two reporters.
    const argv = ['serve', '--port', '0', '--no-imds', '--token-folder', stage.folder]
    const served = await runMain(argv, { env, uid: process.geteuid?.() ?? 0 })
    expect(served.stderr.split('the endpoint comes from')).toHaveLength(2)
    const own = environment('ROLESANYWHERE_ENDPOINT', 'https://127.0.0.1:1')
    expect((await runMain(['credential-process'], { env: own })).stderr).not.toContain('comes from')
  })

  it('about a setting is written as one would write it there', async () => {
    const { path } = config('onprem', 'rolesanywhere_no_verify_ssl', 'true')
    const env = { HOME: '/nonexistent', AWS_CONFIG_FILE: path, AWS_PROFILE: 'onprem' }
    const given = { ...env, ROLESANYWHERE_CA_BUNDLE: '/none/ca.pem' }
    expect((await runMain(['credential-process'], { env: given })).stderr).toMatch(
      /^hint: use ROLESANYWHERE_CA_BUNDLE=PATH instead of rolesanywhere_no_verify_ssl in \[profile onprem\] of .*, line \d+$/mu,
    )
    expect((await runMain(['credential-process'], { env })).stderr).toMatch(
      /^hint: use --ca-bundle PATH instead of rolesanywhere_no_verify_ssl in /mu,
    )
  })

  it('shows the same places with --debug', async () => {
    const { path, line } = config('onprem', 'ca_bundle', '/none/ca.pem')
    const env = { HOME: '/nonexistent', AWS_CONFIG_FILE: path, AWS_PROFILE: 'onprem' }
    expect((await runMain(['credential-process', '--debug'], { env })).stderr).toContain(
      ` name=caBundle origin=ca_bundle in [profile onprem] of ${path}, line ${line} value=/none/ca.pem\n`,
    )
  })
})
