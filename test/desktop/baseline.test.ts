import { beforeAll, expect, test } from 'vitest'
import { differenceFromBaseline } from '../support/baseline.ts'
import { ownWindow } from '../support/own-window.ts'
import { settled } from '../support/settled.ts'
import { openTab } from './open-tab.ts'
import { screenStates } from './screens.ts'
import { enter, states } from './states.ts'

/** A few screens look as they did. After a change that is meant: `JETWAY_BASELINE=write`, and look at each. */
const window = ownWindow()
beforeAll(() => window.page.setViewportSize({ width: 960, height: 640 }))

const kept = ['first-start', 'offers', 'disconnected', 'connected', 'link', 'settings']

test.each(states.filter(({ name }) => kept.includes(name)))('$name', async (state) => {
  await enter(window, state)
  await isAsItWas(state.name)
})

const keptScreens = [
  'Activity lines',
  'Activity denied',
  'Access known',
  'Access requests',
  'Diagnostics wrong',
]

test.each(screenStates.filter(({ tab, name }) => keptScreens.includes(`${tab} ${name}`)))(
  '$tab $name',
  async ({ tab, name, act, shows, ...given }) => {
    await openTab(window, tab, given)
    await act?.(window.page, window.engine)
    await window.page.getByText(shows).first().waitFor()
    await isAsItWas(`${tab.toLowerCase()}-${name}`)
  },
)

async function isAsItWas(name: string): Promise<void> {
  const { page } = window
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    await settled(page)
    const picture = await page.screenshot({ caret: 'hide' })
    expect(await differenceFromBaseline(`${name}-${colorScheme}`, picture)).toBe(0)
  }
}
