import { PassThrough } from 'node:stream'
import { describe, expect, it } from 'vitest'
import {
  AssuanBroken,
  AssuanClient,
  AssuanRefusal,
  encodeValue,
} from '../../../src/cli/prompt/assuan.ts'

/** A client whose other side says this, whatever it is asked. */
function answering(...chunks: readonly (string | Buffer)[]): {
  readonly client: AssuanClient
  readonly sent: () => string
} {
  const input = new PassThrough()
  const output = new PassThrough()
  for (const chunk of chunks) output.write(chunk)
  output.end()
  return { client: new AssuanClient(input, output), sent: () => String(input.read()) }
}

describe('a value', () => {
  it.each([
    ['plain text é', 'plain text é'],
    ['100 %', '100 %25'],
    ['two\nlines\r', 'two%0Alines%0D'],
    ['\u0000\u007f', '%00%7F'],
  ])('%j goes out as %j', (text, encoded) => {
    expect(encodeValue(text)).toBe(encoded)
  })

  it('is cut before its line is too long, and never inside a character', () => {
    expect(Buffer.byteLength(encodeValue('é'.repeat(2000)))).toBe(900)
    expect(encodeValue('%'.repeat(2000))).toMatch(/^(?:%25){300}$/u)
  })
})

describe('an answer', () => {
  it('is the data of all its lines, decoded, whatever stands between them', async () => {
    const { client, sent } = answering('# hello\nS X y\nD 1%', '2534\r\nS Z\nD %C3%A9 \nOK done\n')
    expect((await client.ask('GETPIN')).toString()).toBe('1%34é ')
    expect(sent()).toBe('GETPIN\n')
  })

  it('is empty without data', async () => {
    expect(await answering('OK\n').client.ask('SETDESC', 'a\nb')).toEqual(Buffer.alloc(0))
  })

  it('is a refusal with its number and its words', async () => {
    const { client } = answering('ERR 83886179 Operation cancelled <Pinentry>\n')
    const refusal = new AssuanRefusal(83_886_179, 'Operation cancelled <Pinentry>')
    await expect(client.ask('GETPIN')).rejects.toThrow(refusal)
  })

  it.each([
    ['a secret in the wrong place', ['hunter2\nOK\n']],
    ['a word that only begins like one of the protocol', ['OKhunter2\n']],
    ['an escape that is none', ['D hunter2%zz\nOK\n']],
    ['an escape that is cut', ['D hunter2%2\nOK\n']],
    ['a line without end', ['D hunter2'.padEnd(2000, 'x')]],
    ['data without end', [`D ${'hunter2'.repeat(100)}\n`.repeat(10)]],
    ['an end before the answer', ['D hunter2\n']],
  ])('is no Assuan: %s, and its bytes are not in the error', async (_name, chunks) => {
    const failure = await answering(...chunks)
      .client.ask('GETPIN')
      .catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(AssuanBroken)
    expect(String(failure)).not.toContain('hunter2')
  })

  it('leaves nothing of itself in what was read', async () => {
    const chunk = Buffer.from('D hunter2\nOK\n')
    await answering(chunk).client.ask('GETPIN')
    expect(chunk).toEqual(Buffer.alloc(chunk.length))
  })
})
