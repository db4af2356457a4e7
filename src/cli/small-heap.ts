/**
 * A heap for a process that runs for long and does little: V8 takes room for speed, up to 64 MiB for young
 * objects alone after a busy moment, and a daemon has no use for it.
 *
 * @see V8, src/flags/flag-definitions.h
 * @module
 */

import { setFlagsFromString } from 'node:v8'

/**
 * To be called once what is needed is loaded: code that was compiled under other flags is not taken from
 * the compile cache.
 */
export function keepHeapSmall(): void {
  // --max-semi-space-size counts only at the start of a process; how fast that room grows, at any time.
  setFlagsFromString('--semi-space-growth-factor=1')
  // For old objects: a full collection when they are a third more, and not up to four times as many.
  // --optimize-for-size does so too, and takes the compiled code's speed along: half of the throughput.
  setFlagsFromString('--heap-growing-percent=30')
}
