import type { EnvironmentStatus } from '#shared/ipc/control.ts'
import type { EnvironmentColor } from '#shared/ipc/environment-color.ts'

export type Appearance = Pick<EnvironmentStatus, 'color' | 'production'>

/** What is no production gets, in this order; red says production. */
const colors: readonly EnvironmentColor[] = ['blue', 'green', 'teal', 'purple', 'pink', 'orange', 'gray']

/**
 * How a new environment is marked: production in red, every other one in the color that the fewest have.
 *
 * @param production whether it is; one that has "prod" in its name is where nobody says
 */
export function appearanceFor(
  name: string,
  others: readonly Appearance[],
  production: boolean = /prod/i.test(name),
): Appearance {
  if (production) return { color: 'red', production }
  const uses = (color: EnvironmentColor) => others.filter((other) => other.color === color).length
  const color = colors.reduce((best, next) => (uses(next) < uses(best) ? next : best))
  return { color, production }
}

/** How an environment is marked that someone proposed, who may have said it. */
export function offeredAppearance(
  name: string,
  offer: { readonly [A in keyof Appearance]?: Appearance[A] | undefined } | undefined,
  others: readonly Appearance[],
): Appearance {
  const usual = appearanceFor(name, others, offer?.production)
  return { ...usual, color: offer?.color ?? usual.color }
}

export function appearanceOf({ color, production }: Appearance): Appearance {
  return { color, production }
}
