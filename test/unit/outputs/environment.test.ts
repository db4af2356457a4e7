import { spawnSync } from 'node:child_process'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import {
  childEnvironment,
  regionVariables,
  shellLines,
  unsetLines,
  type Shell,
} from '../../../src/outputs/environment.ts'

const printable = fc.string({ unit: 'grapheme-ascii', maxLength: 40 })

it('what bash evaluates is exactly the value, whatever it holds', () => {
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

it('fish, PowerShell and dotenv lines quote by their own rules', () => {
  const variables = { A: `a'b\\c` }
  expect(shellLines(variables, 'fish')).toBe(`set -gx A 'a\\'b\\\\c'\n`)
  expect(shellLines(variables, 'powershell')).toBe(`$Env:A = 'a''b\\c'\n`)
  expect(shellLines({ A: 'x/y+z=' }, 'dotenv')).toBe(`A='x/y+z='\n`)
  expect(JSON.parse(shellLines(variables, 'json'))).toEqual(variables)
})

it('a child inherits everything but what competes and what is secret', () => {
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

it.each(['bash', 'zsh', 'sh'] as const)('%s has the same words', (shell) => {
  expect(shellLines({ A: "b'c" }, shell)).toBe("export A='b'\\''c'\n")
  expect(unsetLines(['A', 'B'], shell)).toBe('unset A\nunset B\n')
})

it('what is unset is gone, whether it was there or not', () => {
  const script = `set -eu\n${unsetLines(['A', 'B'], 'sh') ?? ''}env`
  const { stdout, status } = spawnSync('sh', ['-c', script], { env: { A: 'x', C: 'y' } })
  expect(status).toBe(0)
  expect(stdout.toString()).toMatch(/^C=y$/mu)
  expect(stdout.toString()).not.toMatch(/^[AB]=/mu)
})

it.each<[Shell, string | undefined]>([
  ['fish', 'set -e A\n'],
  ['powershell', 'Remove-Item Env:A -ErrorAction SilentlyContinue\n'],
  ['json', undefined],
  ['dotenv', undefined],
])('%s takes a variable away by its own words, or has none', (shell, lines) => {
  expect(unsetLines(['A'], shell)).toBe(lines)
})

it("a program's region is its own, else that of the role", () => {
  const chosen = (env: Record<string, string>) => regionVariables(env, 'eu-west-1')
  const both = (region: string) => ({ AWS_REGION: region, AWS_DEFAULT_REGION: region })
  expect(chosen({})).toEqual(both('eu-west-1'))
  expect(chosen({ AWS_REGION: '' })).toEqual(both('eu-west-1'))
  expect(chosen({ AWS_DEFAULT_REGION: 'us-east-1' })).toEqual(both('us-east-1'))
  expect(chosen({ AWS_REGION: 'a', AWS_DEFAULT_REGION: 'b' })).toEqual(both('a'))
})
