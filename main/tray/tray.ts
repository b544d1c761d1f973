import { join } from 'node:path'
import { Menu, type MenuItemConstructorOptions, type NativeImage, nativeImage, Tray } from 'electron'
import type { DesktopState } from '#shared/ipc/desktop.ts'
import { type TrayIcon, trayIcon } from './tray-icon.ts'
import { type RecentDagsOf, type TrayAction, type TrayItem, trayMenu, trayTooltip } from './tray-menu.ts'

/** macOS tints template images by itself, so there the shape alone tells; Windows draws 16 pixels. */
const variants: Readonly<Partial<Record<NodeJS.Platform, string>>> = { darwin: '-template', win32: '-small' }

/** The icon in the system's tray, with its menu. */
export class JetwayTray {
  readonly #tray: Tray
  readonly #act: (action: TrayAction) => void
  readonly #icons = new Map<TrayIcon, NativeImage>()
  readonly #iconDir: string
  #shownIcon: TrayIcon = 'connecting'
  #shownMenu = ''

  /** `iconDir` holds the PNGs of `build/icons/tray`. */
  constructor(iconDir: string, act: (action: TrayAction) => void) {
    this.#iconDir = iconDir
    this.#act = act
    this.#tray = new Tray(this.#image(this.#shownIcon))
    // macOS opens the menu at a click by itself; elsewhere a click means the window.
    if (process.platform !== 'darwin') this.#tray.on('click', () => act({ do: 'openWindow' }))
  }

  show(state: DesktopState, recentDags: RecentDagsOf): void {
    const icon = trayIcon(state)
    if (icon !== this.#shownIcon) this.#tray.setImage(this.#image(icon))
    this.#shownIcon = icon
    this.#tray.setToolTip(trayTooltip(state))
    const items = trayMenu(state, recentDags)
    const menu = JSON.stringify(items)
    // A menu that is set anew closes the one that is open.
    if (menu !== this.#shownMenu) this.#tray.setContextMenu(Menu.buildFromTemplate(this.#template(items)))
    this.#shownMenu = menu
  }

  #template(items: readonly TrayItem[]): MenuItemConstructorOptions[] {
    return items.map((item) => this.#menuItem(item))
  }

  #menuItem(item: TrayItem): MenuItemConstructorOptions {
    if (item.kind === 'separator') return { type: 'separator' }
    // A single one underlines the letter after it.
    const label = item.label.replaceAll('&', '&&')
    switch (item.kind) {
      case 'text':
        return { label, enabled: false }
      case 'action':
        return { label, enabled: item.enabled, click: () => this.#act(item.action) }
      case 'checkbox':
        return {
          type: 'checkbox',
          label,
          checked: item.checked,
          click: () => this.#act(item.action),
        }
      case 'submenu':
        return { label, submenu: this.#template(item.items) }
    }
  }

  #image(icon: TrayIcon): NativeImage {
    const known = this.#icons.get(icon)
    if (known !== undefined) return known
    const image = nativeImage.createFromPath(
      join(this.#iconDir, `${icon}${variants[process.platform] ?? ''}.png`),
    )
    if (process.platform === 'darwin') image.setTemplateImage(true)
    this.#icons.set(icon, image)
    return image
  }
}
