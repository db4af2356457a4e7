/**
 * The doctor before tokens: SoftHSM with what people get wrong, and two good ones.
 *
 * @module
 */

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openStage, type Stage } from '../support/cli-stage.ts'
import { ARNS, Place, type Visit } from '../support/doctor/place.ts'
import {
  hasCompiler,
  hasSoftToken,
  PIN,
  ProxyModule,
  SOFTHSM,
  SoftTokens,
} from '../support/soft-token.ts'

const LIBRARY = ['--pkcs11-lib', SOFTHSM]

interface TokenSetUp {
  readonly what: string
  /** Row of the list of what users complain about. */
  readonly pain?: number
  readonly id: string
  readonly status: 'problem' | 'warning'
  readonly says: RegExp
  readonly visit: (tokens: SoftTokens) => Visit
}

/** With the right PIN. */
function at(uri: string, more: readonly string[] = []): Visit {
  return {
    args: ['--certificate', uri, '--pin', 'env:PIN', ...LIBRARY, ...ARNS, ...more],
    env: { PIN },
  }
}

const BROKEN: readonly TokenSetUp[] = [
  {
    what: 'a token that is not there',
    pain: 44,
    id: 'token-present',
    status: 'problem',
    says: /token/u,
    visit: () => at('pkcs11:token=elsewhere'),
  },
  {
    what: 'an object that is not on the token',
    pain: 44,
    id: 'token-objects',
    status: 'problem',
    says: /nothing/u,
    visit: () => at('pkcs11:token=good;object=nothing'),
  },
  {
    what: 'a module that is none',
    pain: 20,
    id: 'token-module',
    status: 'problem',
    says: /module\.so/u,
    visit: (tokens) => ({
      args: [
        ...['--certificate', 'pkcs11:token=good', '--pin', 'env:PIN', ...ARNS],
        ...['--pkcs11-lib', tokens.file('module.so', 'no module\n')],
      ],
      env: { PIN },
    }),
  },
  {
    what: 'a PIN that nobody can be asked for',
    pain: 26,
    id: 'token-pin',
    status: 'problem',
    says: /--pin/u,
    visit: () => ({ args: ['--certificate', 'pkcs11:token=good', ...LIBRARY, ...ARNS] }),
  },
  {
    what: 'a wrong PIN',
    pain: 13,
    id: 'token-pin',
    status: 'problem',
    says: /PIN/u,
    visit: () => ({ ...at('pkcs11:token=wrong'), env: { PIN: '9999' } }),
  },
  {
    what: 'a wrong PIN, tried a moment ago',
    pain: 13,
    id: 'token-pin-tries',
    status: 'warning',
    says: /wrong PIN/u,
    visit: () => ({ args: ['--certificate', 'pkcs11:token=wrong', ...LIBRARY, ...ARNS] }),
  },
  {
    what: 'a key that asks for its PIN with every signature',
    pain: 22,
    id: 'token-always-authenticate',
    status: 'warning',
    says: /--reuse-pin/u,
    visit: () => at('pkcs11:token=asking'),
  },
  {
    what: 'a key without its certificate',
    id: 'token-certificate',
    status: 'problem',
    says: /shows no certificate/u,
    visit: () => at('pkcs11:token=bare'),
  },
]

describe.skipIf(!hasSoftToken)('tokens', () => {
  let stage: Stage
  let tokens: SoftTokens
  let place: Place

  beforeAll(async () => {
    stage = await openStage()
    tokens = new SoftTokens()
    place = new Place(stage, 'tokens')
    const object = { id: '01', label: 'leaf' }
    const put = async (
      token: string,
      options: {
        readonly alwaysAuthenticate?: boolean
        readonly isBare?: boolean
      } = {},
    ): Promise<void> => {
      const leaf = await stage.authority.issue({ keyType: 'rsa', subject: 'CN=card' })
      tokens.addToken(token)
      if (options.isBare !== true) tokens.addCertificate(token, leaf.certificatePem, object)
      tokens.addKey(token, leaf.privateKeyPem, object, options)
    }
    await put('good')
    await put('wrong')
    await put('asking', { alwaysAuthenticate: true })
    await put('bare', { isBare: true })
  }, 60_000)

  afterAll(async () => {
    tokens[Symbol.dispose]()
    await stage[Symbol.asyncDispose]()
  })

  it.each(BROKEN)('$id: $what', async ({ id, status, says, visit }) => {
    const { args, env } = visit(tokens)
    const report = await place.examine({ args, env: { ...tokens.env, ...env } })
    const finding = report.checks.find((check) => check.id === id)
    expect(`${finding?.status ?? ''}: ${finding?.found ?? ''}\n${finding?.next ?? ''}`).toMatch(
      new RegExp(`^${status}: [^]*${says.source}`, 'u'),
    )
  })

  it.each([
    { what: 'certificate and key on it', uri: 'pkcs11:token=good', more: [] },
    { what: 'a PIN for every signature', uri: 'pkcs11:token=asking', more: ['--reuse-pin'] },
  ])('are good with $what', async ({ uri, more }) => {
    const { url } = await stage.emulate()
    const { args, env } = at(uri, [...more, '--online', '--endpoint', url])
    const report = await place.examine({ args, env: { ...tokens.env, ...env } })
    const alarms = report.checks.filter(({ status }) => status !== 'ok' && status !== 'skipped')
    expect(alarms.map(({ id, found }) => `${id}: ${found}`)).toEqual([])
    expect(report.code).toBe(0)
  })

  it.skipIf(!hasCompiler)('are asked once: one login and one signature', async () => {
    const proxy = new ProxyModule(tokens)
    const { url } = await stage.emulate()
    const env = { ...tokens.env, ...proxy.env(), PIN }
    const report = await place.examine({
      args: [
        ...['--certificate', 'pkcs11:token=good', '--pin', 'env:PIN', ...ARNS],
        ...['--pkcs11-lib', proxy.path, '--online', '--endpoint', url],
      ],
      env,
    })
    expect(report.code).toBe(0)
    expect(proxy.calls('C_Login')).toHaveLength(1)
    expect(proxy.calls('C_SignInit')).toHaveLength(1)
  })
})
