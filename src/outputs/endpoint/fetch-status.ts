/**
 * Asks a running endpoint of ours how it is.
 *
 * @module
 */

import { get } from 'node:http'
import { RolesAnywhereError } from '../../core/errors.ts'
import { says, setting } from '../../core/wording.ts'
import { errnoOf } from '../../machine/errno.ts'
import { TcpTable } from '../../machine/tcp-table.ts'
import { describeUser } from '../../machine/users.ts'
import { readStatusReport, type StatusReport } from './status-report.ts'

/** For the whole answer. */
const TIMEOUT_MS = 3_000
const MAX_BYTES = 1_048_576

/**
 * @param address - of this machine, where `serve` listens
 * @throws {RolesAnywhereError} ERR_NETWORK_CONNECT, with the user who has the port where that can be told
 */
export async function fetchStatus(address: string, port: number): Promise<StatusReport> {
  let problem: string
  let cause: unknown
  try {
    const { status, text } = await ask(address, port)
    const report = status === 200 ? readStatusReport(text) : undefined
    if (report !== undefined) return report
    problem = status === 200 ? 'what answers there is no rolesanywhere serve' : `status ${status}`
  } catch (error) {
    cause = error
    problem = errnoOf(error) ?? (error instanceof Error ? error.message : 'unknown error')
  }
  const holder = (await TcpTable.read()).listenerUid({ address, port })
  const held = holder === undefined ? '' : `; the port is held by ${describeUser(holder)}`
  const host = address.includes(':') ? `[${address}]` : address
  throw new RolesAnywhereError(
    'ERR_NETWORK_CONNECT',
    `no answer from http://${host}:${port}: ${problem}${held}`,
    {
      hint: says`is "rolesanywhere serve" running there? see ${setting('port')} and ${setting('bind')}`,
      cause,
    },
  )
}

async function ask(
  address: string,
  port: number,
): Promise<{ readonly status: number; readonly text: string }> {
  const signal = AbortSignal.timeout(TIMEOUT_MS)
  return await new Promise((resolve, reject) => {
    const failed = (error: Error): void => {
      reject(signal.aborted ? new Error('timed out', { cause: error }) : error)
    }
    const request = get(
      { host: address, port, path: '/status', agent: false, signal },
      (response) => {
        let text = ''
        response.setEncoding('utf8')
        response.on('data', (chunk: string) => {
          text += chunk
          if (text.length > MAX_BYTES) request.destroy(new Error('far too long an answer'))
        })
        response.on('error', failed)
        response.on('end', () => {
          resolve({ status: response.statusCode ?? 0, text })
        })
      },
    )
    request.on('error', failed)
  })
}
