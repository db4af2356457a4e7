import { describe, expect, it } from 'vitest'
import { completeWords, type Completion } from '../../../src/cli/completion/complete-words.ts'
import { commandFor } from '../../../src/cli/program.ts'
import { COMMAND_NAMES } from '../../../src/cli/commands.ts'
import { settingsOf } from '../../../src/settings/settings-table.ts'
import { canComeFrom, flagOf } from '../../../src/settings/setting-row.ts'

const asked: (string | undefined)[] = []

async function complete(line: string): Promise<Completion> {
  return await completeWords(line.split(' '), {
    commandFor,
    profileNames: () => ['default', 'onprem', 'other'],
    async tokenUris(library) {
      asked.push(library)
      return Promise.resolve([{ text: 'pkcs11:token=a', description: 'token' }])
    },
  })
}

async function texts(line: string): Promise<readonly string[]> {
  return (await complete(line)).candidates.map(({ text }) => text)
}

describe('what may come next', () => {
  it('is a command, or the second word of one, each with what it does', async () => {
    const first = await texts('')
    expect(first).toEqual(
      expect.arrayContaining(COMMAND_NAMES.map((name) => name.split(' ')[0] ?? '')),
    )
    expect(await texts('se')).toEqual(['serve'])
    expect(await texts('cache ')).toEqual(['list', 'clear', '--help'])
    expect((await complete('vers')).candidates).toEqual([
      { text: 'version', description: 'Print the version' },
    ])
  })

  it.each(COMMAND_NAMES)('is a flag of %s', async (name) => {
    const flags = settingsOf(name).filter(
      (row) => canComeFrom(row, 'flag') && row.waitsFor === undefined,
    )
    const offered = await texts(`${name} -`)
    expect(offered.filter((text) => text !== '--').toSorted()).toEqual(flags.map(flagOf).toSorted())
  })

  it('is no flag that is there, unless it may be repeated', async () => {
    expect(await texts('serve --region x --debug --re')).toEqual(['--reuse-pin'])
    expect(await texts('serve --debug=false --de')).toEqual([])
    expect(await texts('serve --profile a --profile')).toEqual(['--profile-arn', '--profile'])
    expect(await texts('env --profile a --profile')).toEqual(['--profile-arn'])
  })

  it.each([
    ['serve --profile ', ['default', 'onprem', 'other']],
    ['serve --profile=o', ['--profile=onprem', '--profile=other']],
    ['update --settings-profile on', ['onprem']],
    ['update --profile d', ['default']],
    ['env --shell ', ['bash', 'zsh', 'sh', 'fish', 'powershell', 'json', 'dotenv']],
    ['sign-string --format=b', ['--format=bin']],
    ['env --debug=', ['--debug=true', '--debug=false']],
    ['env --debug f', []],
    ['env --key-password e', ['env:']],
    ['env --region ', []],
    ['env --unknown x', []],
    ['nonsense x', []],
  ])('behind "%s" is %j', async (line, expected) => {
    expect(await texts(line)).toEqual(expected)
    expect((await complete(line)).further).toBe('nothing')
  })

  it('is a file where a path belongs', async () => {
    for (const line of ['env --certificate ', 'env --ca-bundle=x', 'env --pin file:']) {
      expect((await complete(line)).further).toBe('files')
    }
    expect(await complete('env --private-key pk')).toMatchObject({
      candidates: [{ text: 'pkcs11:' }],
      further: 'files',
    })
  })

  it('is a URI only once somebody asks for tokens, from the module that is named', async () => {
    expect(asked).toEqual([])
    expect(await texts('env --certificate pkcs11:')).toEqual(['pkcs11:token=a'])
    expect(await texts('pkcs11 list --pkcs11-lib /m.so --token ')).toEqual(['pkcs11:token=a'])
    expect(asked).toEqual([undefined, '/m.so'])
  })

  it('is a program behind two dashes, and then files', async () => {
    expect(await texts('exec --')).toContain('--')
    expect(await texts('env --')).not.toContain('--')
    expect(await complete('exec --server -- pri')).toEqual({ candidates: [], further: 'programs' })
    expect(await complete('exec -- printf --profile ')).toEqual({
      candidates: [],
      further: 'files',
    })
    expect((await complete('version -- x')).further).toBe('nothing')
  })
})
