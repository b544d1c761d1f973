import { say } from '../../build/setup/steps.ts'
import type { Figures } from './rounds.ts'

/** Of a figure: its heading, and how many digits it is shown with. */
export type Columns<Column extends string> = Readonly<
  Record<Column, readonly [heading: string, digits: number]>
>

/** Prints the medians, and how many times a peer's figure jetway's is. */
export function printTable<Column extends string>(
  title: string,
  columns: Columns<Column>,
  results: ReadonlyMap<string, Figures<Column>>,
): void {
  const keys = Object.keys(columns) as Column[]
  const line = (name: string, cells: readonly string[]) =>
    say(
      [
        name.padEnd(22),
        ...cells.map((cell, i) => cell.padStart(columns[keys[i] as Column][0].length + 2)),
      ].join(''),
    )
  say(`\n${title}`)
  line(
    '',
    keys.map((key) => columns[key][0]),
  )
  for (const [name, figures] of results)
    line(
      name,
      keys.map((key) => figures[key].toFixed(columns[key][1])),
    )
  const jetway = results.get('jetway')
  if (jetway === undefined) return
  for (const [name, figures] of results)
    if (name !== 'jetway')
      line(
        `jetway / ${name}`,
        keys.map((key) => `${(jetway[key] / figures[key]).toFixed(2)}×`),
      )
}
