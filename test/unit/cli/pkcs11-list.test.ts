import { expect, it, vi } from 'vitest'
import { execute } from '../../../src/cli/commands/pkcs11-list.ts'
import * as tokens from '../../../src/identity/pkcs11/token/list-tokens.ts'

vi.mock(import('../../../src/identity/pkcs11/token/list-tokens.ts'))

it('a label with terminal escapes or right-to-left marks deceives nobody', async () => {
  const description = 'a\u001b[2J\u009b\u202eb\u2028c'
  const module = { path: '/m.so', origin: 'test', description, version: '1.0', tokens: [] }
  vi.mocked(tokens.listPkcs11).mockResolvedValue({ modules: [module], problems: [] })
  let written = ''
  const system = { writeResult: async (text: string) => Promise.resolve(void (written += text)) }
  const invocation = { settings: { json: false }, system } as unknown
  await execute(invocation as Parameters<typeof execute>[0])
  expect(written).toBe('module /m.so (a?[2J??b?c 1.0; test)\n  no token\n')
})
