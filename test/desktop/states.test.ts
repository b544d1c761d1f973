import { describe, expect, test } from 'vitest'
import { violations } from '../support/axe.ts'
import { outputPath } from '../support/output.ts'
import { ownWindow } from '../support/own-window.ts'
import { settled } from '../support/settled.ts'
import { enter, states } from './states.ts'

/** Every state of the window, with an engine that shows what it is told. */
const window = ownWindow()

const named = (...names: string[]) => states.filter(({ name }) => names.includes(name))

test.each(states)('$name can be seen and used by everyone', async (state) => {
  const { page } = window
  await enter(window, state)
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    await settled(page)
    await page.screenshot({ path: outputPath(`window-${state.name}-${colorScheme}.png`) })
    expect(await violations(page)).toEqual([])
  }
})

describe('for eyes that need more', () => {
  test.each([
    ['more-contrast-light', { contrast: 'more', colorScheme: 'light' }],
    ['more-contrast-dark', { contrast: 'more', colorScheme: 'dark' }],
    ['forced-colors', { forcedColors: 'active', colorScheme: 'dark' }],
  ] as const)('%s', async (name, media) => {
    const { page } = window
    for (const state of named('connected', 'settings', 'port-taken')) {
      await page.emulateMedia({ contrast: null, forcedColors: null, ...media })
      await enter(window, state)
      await settled(page)
      await page.screenshot({ path: outputPath(`window-${state.name}-${name}.png`) })
      expect(await violations(page)).toEqual([])
    }
    await page.emulateMedia({ contrast: null, forcedColors: null })
  })
})

test.each([
  [720, 480],
  [1600, 1000],
])('in a window of %i by %i nothing is cut off', async (width, height) => {
  const { page } = window
  await page.setViewportSize({ width, height })
  for (const state of named('first-start', 'connected', 'twenty', 'settings')) {
    await enter(window, state)
    await page.screenshot({ path: outputPath(`window-${state.name}-${width}.png`) })
    expect(await page.evaluate(tooWide)).toEqual([])
    expect(await page.evaluate(`document.querySelector('h1').clientWidth`)).toBeGreaterThan(50)
  }
})

const tooWide = `[...document.querySelectorAll('.window, main, .sidebar, .tab-panel, .page, .environment-header')]
  .filter((element) => element.scrollWidth > element.clientWidth)
  .map((element) => element.className)`
