/**
 * A command as a service: readiness and watchdog for systemd, SIGHUP for everybody.
 *
 * @see sd_notify(3); protocol-facts.md 11
 * @module
 */

import { loadLibc } from '../machine/libc.ts'
import { notifyServiceManager, watchdogIntervalMs } from '../machine/service-manager.ts'
import type { CliReporter } from './reporter.ts'
import type { System } from './system.ts'

export interface Service extends Disposable {
  /** The service does its work from now on. */
  ready(status: string): void
  stopping(): void
}

/** A service that nobody manages says nothing. */
export async function openService(system: System, reporter: CliReporter): Promise<Service> {
  const { NOTIFY_SOCKET: socket } = system.env
  if (socket === undefined || socket === '') return silent()
  try {
    const libc = await loadLibc('Type=notify')
    const notify = (...lines: readonly string[]): void => {
      if (!notifyServiceManager(libc, socket, ...lines)) {
        reporter.debug('service manager', { reached: false })
      }
    }
    return talking(notify, system)
  } catch (error) {
    // systemd would wait for READY=1 and then end us: better that somebody reads why.
    const why = error instanceof Error ? error.message : 'unknown error'
    reporter.warn(`systemd cannot be told that the service is ready: ${why}`, {
      hint: 'npm install koffi, or use Type=exec in the unit',
    })
    return silent()
  }
}

function silent(): Service {
  const nothing = (): void => undefined
  return { ready: nothing, stopping: nothing, [Symbol.dispose]: nothing }
}

function talking(notify: (...lines: readonly string[]) => void, system: System): Service {
  let cancelBeat: () => void = () => undefined
  const intervalMs = watchdogIntervalMs(system.env, system.pid)
  const beat = (): void => {
    notify('WATCHDOG=1')
    cancelBeat = intervalMs === undefined ? cancelBeat : system.schedule(intervalMs, beat)
  }
  return {
    ready(status) {
      notify('READY=1', `STATUS=${status}`)
      if (intervalMs !== undefined) beat()
    },
    stopping() {
      notify('STOPPING=1')
    },
    [Symbol.dispose]() {
      cancelBeat()
    },
  }
}
