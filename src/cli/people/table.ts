/**
 * Tables for a terminal: columns as wide as they need to be, with a line of headings.
 *
 * @module
 */

import { visible } from '../../core/printable.ts'
import type { Colour, Paint } from './paint.ts'

export interface Cell {
  readonly text: string
  readonly colour?: Colour | undefined
}

/**
 * The lines of a table, each with its end.
 *
 * @param rows - with a cell for each heading; what would steer a terminal is taken out here
 */
export function table(
  headings: readonly string[],
  rows: readonly (readonly Cell[])[],
  paint: Paint,
): string {
  const head = headings.map((text): Cell => ({ text, colour: 'bold' }))
  const cells = [head, ...rows].map((row) =>
    row.map(({ text, colour }) => ({ text: visible(text), colour })),
  )
  const widths = headings.map((_heading, column) =>
    Math.max(...cells.map((row) => widthOf(row[column]?.text ?? ''))),
  )
  return cells
    .map((row) => {
      const padded = row.map(({ text, colour }, column) => {
        const isLast = column === row.length - 1
        const gap = isLast ? 0 : (widths[column] ?? 0) - widthOf(text) + GAP
        return paint(colour, text) + ' '.repeat(gap)
      })
      return `${padded.join('')}\n`
    })
    .join('')
}

const GAP = 2

function widthOf(text: string): number {
  return Array.from(text).length
}
