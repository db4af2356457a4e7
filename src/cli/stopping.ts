/**
 * The end of a program that was asked to stop, by SIGTERM or SIGINT.
 *
 * @module
 */

import { RolesAnywhereError } from '../core/errors.ts'

/** Resolves when the program is asked to stop. */
export async function untilStopped(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  await new Promise((resolve) => {
    signal.addEventListener('abort', resolve, { once: true })
  })
}

/**
 * What `work` comes to, unless the program is asked to stop before.
 *
 * @throws {RolesAnywhereError} ERR_CANCELLED then, at once, whatever becomes of `work`.
 */
export async function unlessStopped<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  const { promise: stopped, reject } = Promise.withResolvers<never>()
  const onAbort = (): void => {
    reject(cancelled())
  }
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    const result = await Promise.race([work, stopped])
    refuseWhenStopped(signal)
    return result
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}

/** @throws {RolesAnywhereError} ERR_CANCELLED when the program was asked to stop. */
export function refuseWhenStopped(signal: AbortSignal): void {
  if (signal.aborted) throw cancelled()
}

function cancelled(): RolesAnywhereError {
  return new RolesAnywhereError('ERR_CANCELLED', 'stopped before the work was done')
}
