import { expect, test } from 'vitest'
import { violations } from '../support/axe.ts'
import { outputPath } from '../support/output.ts'
import { ownWindow } from '../support/own-window.ts'
import { settled } from '../support/settled.ts'
import { openTab } from './open-tab.ts'
import { screenStates } from './screens.ts'

/** Every state of Activity, Access and Diagnostics: nothing that axe-core finds wrong, and pictures to look at. */
const window = ownWindow()

const looks = [
  ['light', { colorScheme: 'light', contrast: null, forcedColors: 'none' }],
  ['dark', { colorScheme: 'dark', contrast: null, forcedColors: 'none' }],
  ['contrast', { colorScheme: 'light', contrast: 'more', forcedColors: 'none' }],
  ['forced', { colorScheme: 'dark', contrast: null, forcedColors: 'active' }],
] as const

test.each(screenStates.map((state) => [`${state.tab} ${state.name}`, state] as const))(
  '%s',
  async (_, { name, tab, act, shows, isPopover, ...given }) => {
    const { page, engine } = window
    await page.emulateMedia({ ...looks[0][1], reducedMotion: 'reduce' })
    await openTab(window, tab, given)
    await act?.(page, engine)
    await page.getByText(shows).first().waitFor()
    for (const [look, media] of looks) {
      await page.emulateMedia({ ...media, reducedMotion: 'reduce' })
      await settled(page)
      await page.screenshot({ path: outputPath(`screen-${tab.toLowerCase()}-${name}-${look}.png`) })
      // What the system's own colours are, the page does not decide.
      if (look !== 'forced' && !isPopover) expect(await violations(page)).toEqual([])
    }
  },
)

test.each([
  [720, 480],
  [1600, 1000],
])('in a window of %i by %i nothing is cut off', async (width, height) => {
  const { page, engine } = window
  await page.setViewportSize({ width, height })
  await page.emulateMedia({ ...looks[0][1], reducedMotion: 'reduce' })
  const shown = [
    'Activity denied',
    'Access yes',
    'Access much',
    'Access requests',
    'Access requests-many',
    'Access requests-approve',
    'Diagnostics wrong',
  ]
  for (const { tab, name, act, shows, ...given } of screenStates) {
    if (!shown.includes(`${tab} ${name}`)) continue
    await openTab(window, tab, given)
    await act?.(page, engine)
    await page.getByText(shows).first().waitFor()
    await settled(page)
    await page.screenshot({ path: outputPath(`screen-${tab.toLowerCase()}-${name}-${width}.png`) })
    expect(await page.evaluate(tooWide)).toEqual([])
  }
})

/** The matrix alone scrolls sideways. */
const tooWide = `[...document.querySelectorAll('main, .tab-panel, .tab-panel > *, .card:not(.access-matrix)')]
  .filter((element) => element.scrollWidth > element.clientWidth)
  .map((element) => element.className)`
