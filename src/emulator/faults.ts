/**
 * The faults the emulator can be asked for: their grammar, and how often each one still happens.
 *
 * `NAME`, `NAME=VALUE`, and either with `:xN` behind it for the first N times only.
 *
 * @module
 */

import { RolesAnywhereError } from '../core/errors.ts'
import type { Answer } from './answer.ts'
import { FAULTS, type FaultEffect } from './fault-table.ts'

/** One fault as asked for. */
export interface Fault {
  /** As written, such as `status=503:x2`. */
  readonly text: string
  readonly effect: FaultEffect
  /** How often it happens; infinite without a count. */
  readonly times: number
}

/**
 * Reads one fault.
 *
 * @example parseFault('throttle=10,retry-after=2:x3')
 * @throws {RolesAnywhereError} ERR_USAGE_INVALID_VALUE
 */
export function parseFault(text: string): Fault {
  const match = /^(?<name>[a-z0-9-]+)(?:=(?<value>.*?))?(?::x(?<times>[1-9]\d{0,5}))?$/s.exec(text)
  const { name = '', value, times } = match?.groups ?? {}
  const kind = Object.hasOwn(FAULTS, name) ? FAULTS[name] : undefined
  const effect = kind?.create(value)
  if (effect === undefined) {
    throw new RolesAnywhereError('ERR_USAGE_INVALID_VALUE', `"${text}" is not a fault known here`, {
      hint:
        kind === undefined
          ? `faults are ${Object.keys(FAULTS).join(', ')}`
          : `write it as ${faultUsage(name, kind.value)}`,
    })
  }
  return { text, effect, times: times === undefined ? Infinity : Number(times) }
}

/** How a fault is written, for hints and documents: `status=CODE`, `slow[=MS]`, `silence`. */
export function faultUsage(name: string, value: string | undefined): string {
  if (value === undefined) return name
  return value.startsWith('[') ? `${name}[=${value.slice(1)}` : `${name}=${value}`
}

/** What is left of the faults, from one request to the next. */
export interface FaultPlan {
  /** To be called once for each request, before anything else happens. */
  begin(): RequestFaults
}

/** The faults of one request. */
export interface RequestFaults {
  /** How far the server's clock is off, milliseconds. */
  readonly clockOffsetMs: number
  /** The answer as it will be given, and which faults touched it. */
  spoil(
    answer: Answer,
    now: number,
  ): { readonly answer: Answer; readonly happened: readonly string[] }
}

export function createFaultPlan(faults: readonly Fault[]): FaultPlan {
  const states = faults.map((fault) => ({ ...fault, left: fault.times }))
  return {
    begin() {
      const active = states.filter(({ left }) => left > 0)
      const clockOffsetMs = active.reduce((sum, { effect }) => sum + (effect.clockOffsetMs ?? 0), 0)
      return {
        clockOffsetMs,
        spoil(honest, now) {
          const happened: string[] = []
          let answer = honest
          for (const state of active) {
            const altered = state.effect.alter?.(answer, now) ?? answer
            if (altered === answer && state.effect.clockOffsetMs === undefined) continue
            answer = altered
            state.left -= 1
            happened.push(state.text)
          }
          return { answer, happened }
        },
      }
    },
  }
}
