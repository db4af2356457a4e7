import { describe, expect, expectTypeOf, it } from 'vitest'
import { COMMANDS } from '../../../src/cli/commands.ts'
import type { Invocation, SessionInvocation } from '../../../src/cli/invocation.ts'
import { resolveSettings } from '../../../src/settings/resolve-settings.ts'
import { settingsOf, type Settings } from '../../../src/settings/settings-table.ts'

describe('the settings of a command', () => {
  it('are those of its own rows, by type', () => {
    expectTypeOf<Settings<'sign-string'>>().toHaveProperty('privateKey')
    expectTypeOf<Settings<'sign-string'>>().not.toHaveProperty('roleArn')
    expectTypeOf<Settings<'update'>>().toHaveProperty('targetProfile')
    expectTypeOf<Settings<'update'>>().not.toHaveProperty('profile')
    expectTypeOf<Settings<'update'>>().not.toHaveProperty('port')
    expectTypeOf<keyof Settings<'version'>>().toEqualTypeOf<'debug' | 'logFormat'>()
  })

  it('are certain where the command requires them or has a default, by type', () => {
    type Optional<T> = { [K in keyof T]-?: undefined extends T[K] ? K : never }[keyof T]
    expectTypeOf<'certificate'>().not.toExtend<Optional<Settings<'serve'>>>()
    expectTypeOf<'bind'>().not.toExtend<Optional<Settings<'serve'>>>()
    expectTypeOf<'privateKey'>().toExtend<Optional<Settings<'serve'>>>()
    expectTypeOf<'privateKey'>().not.toExtend<Optional<Settings<'sign-string'>>>()
  })

  it('are those of its own rows, in fact', () => {
    const { settings } = resolveSettings({
      command: 'emulator',
      flags: { 'trust-anchor': 'ca.pem' },
      env: { ROLESANYWHERE_TIMEOUT: '5' },
      platform: 'linux',
      readFile: () => undefined,
    })
    const names = settingsOf('emulator').map(({ name }) => name)
    expect(names).toEqual(expect.arrayContaining(Object.keys(settings)))
    expect(settings).toMatchObject({ trustAnchor: 'ca.pem', tls: false, logFormat: 'text' })
  })
})

describe('an invocation', () => {
  it('of one command is not that of another, by type', () => {
    expectTypeOf<Invocation>().not.toExtend<Invocation<'sign-string'>>()
    expectTypeOf<Invocation<'sign-string'>>().not.toExtend<Invocation<'env'>>()
    expectTypeOf<Invocation<'update'>>().not.toExtend<Invocation<'serve'>>()
  })

  it('of each command that calls CreateSession serves the code that they share, by type', () => {
    expectTypeOf<Invocation<'credential-process'>>().toExtend<SessionInvocation>()
    expectTypeOf<Invocation<'serve'>>().toExtend<SessionInvocation>()
    expectTypeOf<Invocation<'update'>>().toExtend<SessionInvocation>()
    expectTypeOf<Invocation<'exec'>>().toExtend<SessionInvocation>()
    expectTypeOf<Invocation<'env'>>().toExtend<SessionInvocation>()
    expectTypeOf<Invocation<'sign-string'>>().not.toExtend<SessionInvocation>()
  })

  it('is what the row of its command executes, by type', () => {
    expectTypeOf(COMMANDS.exec.execute).parameter(0).toEqualTypeOf<Invocation<'exec'>>()
    expectTypeOf(COMMANDS['cache list'].execute)
      .parameter(0)
      .toEqualTypeOf<Invocation<'cache list'>>()
  })
})
