/**
 * Asks a running endpoint of ours how it is.
 *
 * @module
 */

import { get } from 'node:http'
import { RolesAnywhereError } from '../../core/errors.ts'
import { says, setting } from '../../core/wording.ts'
import type { StatusReport } from './metrics.ts'

const TIMEOUT_MS = 3_000
const MAX_BYTES = 1_048_576

/**
 * @param address - of this machine, as `serve --bind` has it
 * @throws {RolesAnywhereError} ERR_NETWORK_CONNECT
 */
export async function fetchStatus(address: string, port: number): Promise<StatusReport> {
  const host = address.includes(':') ? `[${address}]` : address
  const where = `http://${host}:${port}`
  const failed = (why: string, cause?: unknown): RolesAnywhereError =>
    new RolesAnywhereError('ERR_NETWORK_CONNECT', `no answer from ${where}: ${why}`, {
      hint: says`is \`rolesanywhere serve\` running there? see ${setting('port')} and ${setting('bind')}`,
      cause,
    })
  return await new Promise((resolve, reject) => {
    const request = get(
      { host: address, port, path: '/status', timeout: TIMEOUT_MS, agent: false },
      (response) => {
        let text = ''
        response.setEncoding('utf8')
        response.on('data', (chunk: string) => {
          text += chunk
          if (text.length > MAX_BYTES) request.destroy(new Error('far too long an answer'))
        })
        response.on('error', (cause: NodeJS.ErrnoException) => {
          reject(failed(cause.code ?? cause.message, cause))
        })
        response.on('end', () => {
          if (response.statusCode !== 200) reject(failed(`status ${response.statusCode ?? 0}`))
          else {
            const report = parseReport(text)
            if (report === undefined) reject(failed('what answers there is no rolesanywhere serve'))
            else resolve(report)
          }
        })
      },
    )
    request.on('timeout', () => request.destroy(new Error('timed out')))
    request.on('error', (cause: NodeJS.ErrnoException) => {
      reject(failed(cause.code ?? cause.message, cause))
    })
  })
}

/** Undefined for the answer of some other program on that port. */
function parseReport(text: string): StatusReport | undefined {
  try {
    const report = JSON.parse(text) as Partial<StatusReport> | null
    return Array.isArray(report?.roles) ? (report as StatusReport) : undefined
  } catch {
    return undefined
  }
}
