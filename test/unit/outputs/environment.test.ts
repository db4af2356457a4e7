import { spawnSync } from 'node:child_process'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { childEnvironment, shellLines } from '../../../src/outputs/environment.ts'

const printable = fc.string({ unit: 'grapheme-ascii', maxLength: 40 })

test('what bash evaluates is exactly the value, whatever it holds', () => {
  const values = fc.sample(printable, 100).concat(["'", '$(reboot)', '`x`', '\\', '!', "'; x '"])
  const names = values.map((_, index) => `V${index}`)
  const lines = shellLines(
    Object.fromEntries(values.map((value, index) => [`V${index}`, value])),
    'bash',
  )
  const script = `${lines}\nprintf '%s\\0' ${names.map((name) => `"$${name}"`).join(' ')}`
  const { stdout } = spawnSync('sh', ['-c', script])
  expect(stdout.toString().split('\0').slice(0, -1)).toEqual(values)
})

test('fish, PowerShell and dotenv lines quote by their own rules', () => {
  const variables = { A: `a'b\\c` }
  expect(shellLines(variables, 'fish')).toBe(`set -gx A 'a\\'b\\\\c'\n`)
  expect(shellLines(variables, 'powershell')).toBe(`$Env:A = 'a''b\\c'\n`)
  expect(shellLines({ A: 'x/y+z=' }, 'dotenv')).toBe(`A='x/y+z='\n`)
  expect(JSON.parse(shellLines(variables, 'json'))).toEqual(variables)
})

test('a child inherits everything but what competes and what is secret', () => {
  const own = {
    HOME: '/h',
    AWS_REGION: 'x',
    AWS_PROFILE: 'p',
    AWS_CONFIG_FILE: 'c',
    MY_PIN: '1',
    NOTIFY_SOCKET: 's',
    GONE: undefined,
  }
  expect(childEnvironment(own, { AWS_ACCESS_KEY_ID: 'k' }, ['MY_PIN'])).toEqual({
    HOME: '/h',
    AWS_REGION: 'x',
    AWS_CONFIG_FILE: 'c',
    AWS_ACCESS_KEY_ID: 'k',
  })
})
