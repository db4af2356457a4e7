/**
 * One row of the verdict table: a chain, the rule it is about, and what each judge says of it.
 *
 * @module
 */

import type { RuleName } from '../../src/emulator/pkix/rules.ts'
import type { EmulatorVerdict } from './judges.ts'
import type { ChainRecipe } from './make-chain.ts'

export interface ChainRow {
  /** Unique; also the name of a folder. */
  readonly id: string
  /** The chain in a few words. */
  readonly what: string
  /** Section of RFC 5280, where nothing else is said. */
  readonly rule: string
  readonly recipe: ChainRecipe
  readonly emulator: EmulatorVerdict
  /** When the chain is judged; certtool knows only today. */
  readonly at?: Date
  /** Rules that the emulator is told to leave. */
  readonly lenient?: readonly RuleName[]
}

/** A time at which ordinary chains are valid, as today is. */
export const ORDINARY_TIME = new Date('2026-11-22T10:00:00Z')
