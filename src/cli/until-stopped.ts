/**
 * Waits for the signal that ends a long-running command.
 *
 * @module
 */

/** Resolves when the program is asked to stop. */
export async function untilStopped(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  await new Promise((resolve) => {
    signal.addEventListener('abort', resolve, { once: true })
  })
}
