import { describe, expect, it } from 'vitest'
import { spellings, TcpTable } from '../../../src/machine/tcp-table.ts'

const HEAD =
  '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n'
const row = (local: string, remote: string, state: string, uid: number): string =>
  `   0: ${local} ${remote} ${state} 00000000:00000000 00:00000000 00000000  ${uid}        0 1234 1 0 20 4 30 10 -1\n`

describe('addresses as the kernel writes them', () => {
  it('IPv4, and the same address mapped into IPv6', () => {
    const expected = ['0100007F:26B7', '0000000000000000FFFF00000100007F:26B7']
    expect(spellings({ address: '127.0.0.1', port: 9911 })).toEqual(expected)
    expect(spellings({ address: '::ffff:127.0.0.1', port: 9911 })).toEqual(expected)
  })

  it('IPv6', () => {
    expect(spellings({ address: '::1', port: 80 })).toEqual([
      '00000000000000000000000001000000:0050',
    ])
    expect(spellings({ address: 'fd00:ec2::254', port: 80 })).toEqual([
      'C20E00FD000000000000000054020000:0050',
    ])
  })
})

describe('the row of a connection', () => {
  const client = { address: '127.0.0.1', port: 40_000 }
  const server = { address: '127.0.0.1', port: 9911 }
  const [[c = '', c6 = ''], [s = '', s6 = '']] = [spellings(client), spellings(server)]

  it('tells the user of the client, not of the server', () => {
    const table = new TcpTable(HEAD + row(s, c, '01', 0) + row(c, s, '01', 1234))
    expect(table.uidOf(client, server)).toBe(1234)
  })

  it('is found in either form of its addresses', () => {
    expect(new TcpTable(row(c6, s6, '01', 7)).uidOf(client, server)).toBe(7)
  })

  it('counts after a half close, but not in TIME_WAIT, where every user looks like root', () => {
    expect(new TcpTable(HEAD + row(c, s, '04', 1234)).uidOf(client, server)).toBe(1234)
    expect(new TcpTable(HEAD + row(c, s, '06', 0)).uidOf(client, server)).toBeUndefined()
  })

  it('is not taken from another connection, nor from a listener', () => {
    const [other = ''] = spellings({ address: '127.0.0.1', port: 40_001 })
    expect(new TcpTable(row(other, s, '01', 0)).uidOf(client, server)).toBeUndefined()
    expect(new TcpTable(row(c, s, '0A', 0)).uidOf(client, server)).toBeUndefined()
    expect(new TcpTable('').uidOf(client, server)).toBeUndefined()
  })
})

describe('the row of a listener', () => {
  const [none = ''] = spellings({ address: '0.0.0.0', port: 0 })
  const at = { address: '127.0.0.1', port: 9911 }

  it.each(['127.0.0.1', '0.0.0.0', '::'])('on %s tells its user', (address) => {
    const [local = ''] = spellings({ address, port: 9911 })
    expect(new TcpTable(row(local, none, '0A', 1234)).listenerUid(at)).toBe(1234)
  })

  it('is not taken from another port, nor from a connection', () => {
    const [other = ''] = spellings({ ...at, port: 9912 })
    const [same = ''] = spellings(at)
    expect(new TcpTable(row(other, none, '0A', 7)).listenerUid(at)).toBeUndefined()
    expect(new TcpTable(row(same, none, '01', 7)).listenerUid(at)).toBeUndefined()
  })
})
