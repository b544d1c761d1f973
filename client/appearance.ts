import type { EnvironmentStatus } from '#shared/ipc/control.ts'
import type { EnvironmentColor } from '#shared/ipc/environment-color.ts'

export type Appearance = Pick<EnvironmentStatus, 'color' | 'production'>

/** What is no production gets, in this order; red says production. */
const colors: readonly EnvironmentColor[] = ['blue', 'green', 'teal', 'purple', 'pink', 'orange', 'gray']

/**
 * How a new environment is marked: one that has "prod" in its name as production, in red; every other one in the color
 * that the fewest have.
 */
export function appearanceFor(name: string, others: readonly Appearance[]): Appearance {
  if (/prod/i.test(name)) return { color: 'red', production: true }
  const uses = (color: EnvironmentColor) => others.filter((other) => other.color === color).length
  const color = colors.reduce((best, next) => (uses(next) < uses(best) ? next : best))
  return { color, production: false }
}
