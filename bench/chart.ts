/**
 * A bar chart as SVG: groups of bars, each bar with its figure.
 *
 * @module
 */

export interface Bar {
  readonly label: string
  readonly value: number
}

export interface BarGroup {
  readonly title: string
  readonly bars: readonly Bar[]
}

const WIDTH = 760
const BAR_HEIGHT = 18
const GROUP_GAP = 30
const LABEL_WIDTH = 210
const FIGURE_WIDTH = 70

/** @param unit - of every value, as it follows the figure: `ms` */
export function barChart(title: string, groups: readonly BarGroup[], unit: string): string {
  const largest = Math.max(...groups.flatMap(({ bars }) => bars.map(({ value }) => value)))
  const scale = (WIDTH - LABEL_WIDTH - FIGURE_WIDTH) / largest
  const lines: string[] = []
  let y = 34
  for (const group of groups) {
    lines.push(text(0, y + 13, group.title, 'font-weight="bold"'))
    y += BAR_HEIGHT + 4
    for (const [index, { label, value }] of group.bars.entries()) {
      const width = Math.max(1, value * scale)
      lines.push(
        text(LABEL_WIDTH - 8, y + 13, label, 'text-anchor="end"'),
        `<rect x="${LABEL_WIDTH}" y="${y}" width="${width.toFixed(1)}" height="${BAR_HEIGHT - 3}" fill="${COLOURS[index % COLOURS.length] ?? ''}"/>`,
        text(LABEL_WIDTH + width + 6, y + 13, `${value.toFixed(0)} ${unit}`),
      )
      y += BAR_HEIGHT
    }
    y += GROUP_GAP - BAR_HEIGHT
  }
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y}" font-family="sans-serif" font-size="12" role="img" aria-label="${escaped(title)}">`,
    `<rect width="100%" height="100%" fill="#ffffff"/>`,
    text(0, 16, title, 'font-size="15" font-weight="bold"'),
    ...lines,
    '</svg>',
  ].join('\n')}\n`
}

/** Told apart by people who see no red or green, too. */
const COLOURS = ['#0072b2', '#56b4e9', '#e69f00', '#999999', '#009e73']

function text(x: number, y: number, words: string, attributes = ''): string {
  return `<text x="${x.toFixed(1)}" y="${y}" ${attributes}>${escaped(words)}</text>`
}

function escaped(words: string): string {
  return words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
}
