import { say } from '../../build/setup/steps.ts'
import type { Figures } from './rounds.ts'

/** Of a figure: its heading, and how many digits it is shown with. */
export type Columns<Column extends string> = Readonly<
  Record<Column, readonly [heading: string, digits: number]>
>

const ours = ['jetway', 'jetway tcp']

/** Prints the medians, and how many times a peer's figure Jetway's are. */
export function printTable<Column extends string>(
  title: string,
  columns: Columns<Column>,
  results: ReadonlyMap<string, Figures<Column>>,
): void {
  const keys = Object.keys(columns) as Column[]
  const line = (name: string, cells: readonly string[]) =>
    say(
      [
        name.padEnd(26),
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
  for (const [name, figures] of results)
    for (const [peer, theirs] of results)
      if (ours.includes(name) && !ours.includes(peer))
        line(
          `${name} / ${peer}`,
          keys.map((key) => `${(figures[key] / theirs[key]).toFixed(2)}×`),
        )
}
