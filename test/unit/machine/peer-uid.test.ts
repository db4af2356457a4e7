import { describe, expect, test } from 'vitest'
import { tableAddress, uidInTable } from '../../../src/machine/peer-uid.ts'

const HEAD =
  '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n'
const row = (local: string, remote: string, state: string, uid: number): string =>
  `   0: ${local} ${remote} ${state} 00000000:00000000 00:00000000 00000000  ${uid}        0 1234 1 0 20 4 30 10 -1\n`

describe('addresses as the kernel writes them', () => {
  test('IPv4, and the same address mapped into IPv6', () => {
    const expected = ['0100007F:26B7', '0000000000000000FFFF00000100007F:26B7']
    expect(tableAddress('127.0.0.1', 9911)).toEqual(expected)
    expect(tableAddress('::ffff:127.0.0.1', 9911)).toEqual(expected)
  })

  test('IPv6', () => {
    expect(tableAddress('::1', 80)).toEqual(['00000000000000000000000001000000:0050'])
    expect(tableAddress('fd00:ec2::254', 80)).toEqual(['C20E00FD000000000000000054020000:0050'])
  })
})

describe('the row of a connection', () => {
  const client = tableAddress('127.0.0.1', 40_000)
  const server = tableAddress('127.0.0.1', 9911)
  const [c = '', s = ''] = [client[0], server[0]]

  test('tells the user of the client, not of the server', () => {
    const table = HEAD + row(s, c, '01', 0) + row(c, s, '01', 1234)
    expect(uidInTable(table, client, server)).toBe(1234)
  })

  test('counts after a half close, but not in TIME_WAIT, where every user looks like root', () => {
    expect(uidInTable(HEAD + row(c, s, '04', 1234), client, server)).toBe(1234)
    expect(uidInTable(HEAD + row(c, s, '06', 0), client, server)).toBeUndefined()
  })

  test('is not taken from another connection', () => {
    const other = tableAddress('127.0.0.1', 40_001)[0] ?? ''
    expect(uidInTable(HEAD + row(other, s, '01', 0), client, server)).toBeUndefined()
    expect(uidInTable('', client, server)).toBeUndefined()
  })
})
