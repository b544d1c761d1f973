/**
 * Draws the committed PNGs out of the SVGs beside it: `node build/icons/render.ts`. Needed after an SVG has
 * changed; uses the system's Chromium (CHROMIUM names another one).
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { chromium } from 'playwright-core'

/** Mid tones that stand out from light and dark panels alike. */
const trayColors = {
  disconnected: '#8a94a6',
  connecting: '#4a8cf7',
  connected: '#22b573',
  'needs-you': '#f0872b',
} as const

interface Drawing {
  readonly svg: string
  readonly png: string
  readonly sizePx: number
  readonly color: string
}

const here = import.meta.dirname
const tray = (name: string, suffix: string, sizePx: number, color: string): Drawing => ({
  svg: `tray/${name}.svg`,
  png: `tray/${name}${suffix}.png`,
  sizePx,
  color,
})

/** What desktops ask for (Icon Theme Specification), and what installers are made of. */
const appSizesPx = [16, 24, 32, 48, 64, 128, 256, 512, 1024] as const

const drawings: readonly Drawing[] = [
  { svg: 'app.svg', png: 'app.png', sizePx: 1024, color: '#fff' },
  ...appSizesPx.map((sizePx) => ({
    svg: 'app.svg',
    png: `app/${sizePx}x${sizePx}.png`,
    sizePx,
    color: '#fff',
  })),
  ...Object.entries(trayColors).flatMap(([name, color]) => [
    tray(name, '', 22, color),
    tray(name, '@2x', 44, color),
    tray(name, '-small', 16, color),
    tray(name, '-small@1.5x', 24, color),
    tray(name, '-small@2x', 32, color),
    tray(name, '-template', 18, '#000'),
    tray(name, '-template@2x', 36, '#000'),
  ]),
]

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--no-first-run'],
})
try {
  const page = await browser.newPage()
  for (const { svg, png, sizePx, color } of drawings) {
    await page.setViewportSize({ width: sizePx, height: sizePx })
    await page.setContent(
      `<style>html,body{margin:0;background:transparent;color:${color}}svg{display:block;width:100vw;height:100vh}</style>` +
        (await readFile(join(here, svg), 'utf8')),
    )
    await page.screenshot({ path: join(here, png), omitBackground: true })
  }
} finally {
  await browser.close()
}
