import { step } from '../../build/setup/steps.ts'
import type { Path } from './peers/peer.ts'

/** By column. */
export type Figures<Column extends string> = Readonly<Record<Column, number>>

/**
 * Measures all paths in turn, round after round: machines are noisy, and noise that comes and goes hits all alike.
 *
 * @returns the median of each figure, by name of the path
 */
export async function inRounds<Column extends string>(
  rounds: number,
  paths: readonly Path[],
  measureOne: (path: Path) => Promise<Figures<Column>>,
): Promise<Map<string, Figures<Column>>> {
  const seen = new Map<string, Figures<Column>[]>(paths.map(({ name }) => [name, []]))
  for (let round = 1; round <= rounds; round += 1)
    for (const path of paths)
      await step(`round ${round}: ${path.name}`, async () =>
        seen.get(path.name)?.push(await measureOne(path)),
      )
  return new Map([...seen].map(([name, figures]) => [name, medians(figures)]))
}

function medians<Column extends string>(figures: readonly Figures<Column>[]): Figures<Column> {
  const columns = Object.keys(figures[0] ?? {}) as Column[]
  const median = (column: Column) =>
    figures.map((f) => f[column]).sort((a, b) => a - b)[figures.length >> 1] as number
  return Object.fromEntries(columns.map((column) => [column, median(column)])) as Record<Column, number>
}
