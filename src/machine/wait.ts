/**
 * Waiting. What goes by the real clock comes in as an argument, from `cli/system.ts` and from the library's
 * entry; a turn of the event loop has no length.
 *
 * @module
 */

/** Rejects when `signal` is aborted. */
export async function wait(ms: number, signal?: AbortSignal): Promise<void> {
  const { setTimeout: delay } = await import('node:timers/promises')
  await delay(ms, undefined, signal === undefined ? {} : { signal })
}

/** Runs `task` once after `delayMs`, and keeps the program alive until then; the result cancels it. */
export function schedule(delayMs: number, task: () => void): () => void {
  const timer = setTimeout(task, delayMs)
  return () => {
    clearTimeout(timer)
  }
}

/** Lets the event loop attend to everything else that is ready. */
export async function nextTurn(): Promise<void> {
  await new Promise((resolve) => {
    setImmediate(resolve)
  })
}
