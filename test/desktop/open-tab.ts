import type { ControlMethod, EnvironmentStatus } from '#shared/ipc/control.ts'
import { answers } from '../support/control-double.ts'
import type { DesktopWindow, MainState } from '../support/desktop-window.ts'
import { connected } from './states.ts'

/** What the engine answers; the rest as one with a good connection does. */
export type Answers = Readonly<Partial<Record<ControlMethod, () => unknown>>>

export const disconnected: EnvironmentStatus = { ...connected, state: 'disconnected', connectedSince: null }

/** Shows one environment, which is `connected`, and opens a tab of it in a page where nothing is left of the one before. */
export async function openTab(
  { engine, page, show }: DesktopWindow,
  tab: string,
  given: {
    readonly environment?: EnvironmentStatus
    readonly answers?: Answers
    readonly main?: MainState
  } = {},
): Promise<void> {
  engine.answer = (asked) => (given.answers?.[asked.method] ?? (() => answers(asked)))()
  await show([given.environment ?? connected], { main: given.main ?? {} })
  await page.reload()
  await page.getByRole('tab', { name: tab }).click()
}
