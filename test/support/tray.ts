/**
 * A panel's side of the tray: a StatusNotifierWatcher and host on the session bus, which reads the real icon,
 * tooltip and menu of the app and clicks in it.
 *
 * @see https://www.freedesktop.org/wiki/Specifications/StatusNotifierItem/
 */
import dbus, { type Message, type MessageBus } from 'dbus-next'

export interface TrayMenuItem {
  readonly id: number
  /** Without mnemonic marks; empty for separators. */
  readonly label: string
  readonly enabled: boolean
  /** Of a checkbox; null for any other. */
  readonly checked: boolean | null
  readonly children: readonly TrayMenuItem[]
}

export interface TrayIconImage {
  readonly width: number
  readonly height: number
  /** ARGB, four bytes a pixel. */
  readonly pixels: Uint8Array
}

interface Registered {
  readonly service: string
  readonly path: string
}

const watcherName = 'org.kde.StatusNotifierWatcher'
const itemInterface = 'org.kde.StatusNotifierItem'
const menuInterface = 'com.canonical.dbusmenu'
const waitMs = 10_000

export class TrayHost {
  readonly #bus: MessageBus
  readonly #changed = new Set<() => void>()
  #item: Registered | null = null

  private constructor(bus: MessageBus) {
    this.#bus = bus
    bus.addMethodHandler((message: Message) => this.#handle(message))
    bus.on('message', (message: Message) => {
      // Anything that an item or its menu says may change what is read from it.
      if (message.interface === itemInterface || message.interface === menuInterface) this.#tell()
    })
  }

  static async start(busAddress: string): Promise<TrayHost> {
    const bus = dbus.sessionBus({ busAddress })
    const host = new TrayHost(bus)
    for (const watched of [itemInterface, menuInterface]) {
      await host.#call(
        'org.freedesktop.DBus',
        '/org/freedesktop/DBus',
        'org.freedesktop.DBus',
        'AddMatch',
        's',
        [`type='signal',interface='${watched}'`],
      )
    }
    await bus.requestName(watcherName, 0)
    return host
  }

  close(): void {
    this.#bus.disconnect()
  }

  /** The menu once it passes `test`; throws with the last one seen after ten seconds. */
  async menu(
    test: (items: readonly TrayMenuItem[]) => boolean = () => true,
  ): Promise<readonly TrayMenuItem[]> {
    return this.#until(async () => {
      const items = await this.#layout((await this.#properties()).Menu as string)
      return { value: items, passed: test(items), shown: items.map((item) => item.label).join(' | ') }
    })
  }

  /** The labels of the menu once one of them is `label`. */
  async menuWith(label: string): Promise<readonly string[]> {
    const items = await this.menu((all) => all.some((item) => item.label === label))
    return items.map((item) => item.label)
  }

  /**
   * Clicks an item, of a submenu perhaps, as soon as it is there and enabled. A menu that is another one by the time of the
   * click does not know the item any more: it is read anew, and clicked by its label again.
   */
  async click(label: string): Promise<void> {
    await this.#until(async () => {
      const { service } = this.#registered()
      const path = (await this.#properties()).Menu as string
      const items = withSubmenus(await this.#layout(path))
      const item = items.find((one) => one.label === label && one.enabled)
      const shown = items.map((one) => one.label).join(' | ')
      if (item === undefined) return { value: undefined, passed: false, shown }
      const event = [item.id, 'clicked', new dbus.Variant('i', 0), 0]
      const isTaken = await this.#call(service, path, menuInterface, 'Event', 'isvu', event).then(
        () => true,
        (error: unknown) => {
          if (error instanceof dbus.DBusError) return false
          throw error
        },
      )
      return { value: undefined, passed: isTaken, shown }
    })
  }

  /** A click on the icon itself. */
  async activate(): Promise<void> {
    await this.#until(async () => ({ value: null, passed: this.#item !== null, shown: 'no icon' }))
    const { service, path } = this.#registered()
    await this.#call(service, path, itemInterface, 'Activate', 'ii', [0, 0])
  }

  async icon(test: (icon: TrayIconImage) => boolean = () => true): Promise<TrayIconImage> {
    return this.#until(async () => {
      const pixmaps = (await this.#properties()).IconPixmap as Array<[number, number, Uint8Array]> | undefined
      const [width, height, pixels] = pixmaps?.[0] ?? [0, 0, new Uint8Array()]
      const icon = { width, height, pixels }
      return { value: icon, passed: width > 0 && test(icon), shown: `${width}x${height}` }
    })
  }

  async tooltip(test: (text: string) => boolean = () => true): Promise<string> {
    return this.#until(async () => {
      const [, , title] = (await this.#properties()).ToolTip as [string, unknown, string, string]
      return { value: title, passed: test(title), shown: title }
    })
  }

  /** Tries again at each sign of a change, and now and then, as not every change is announced. */
  async #until<T>(read: () => Promise<{ value: T; passed: boolean; shown: string }>): Promise<T> {
    const deadline = performance.now() + waitMs
    let shown = 'no tray icon'
    for (;;) {
      const changed = this.#nextChange()
      if (this.#item !== null) {
        const result = await read()
        if (result.passed) return result.value
        shown = result.shown
      }
      if (performance.now() > deadline) throw new Error(`the tray did not get there, it shows: ${shown}`)
      await changed
    }
  }

  #nextChange(): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer)
        this.#changed.delete(done)
        resolve()
      }
      const timer = setTimeout(done, 200)
      this.#changed.add(done)
    })
  }

  #tell(): void {
    for (const done of this.#changed) done()
  }

  #registered(): Registered {
    if (this.#item === null) throw new Error('no tray icon')
    return this.#item
  }

  async #layout(path: string): Promise<readonly TrayMenuItem[]> {
    const { service } = this.#registered()
    const [, root] = await this.#call(service, path, menuInterface, 'GetLayout', 'iias', [0, -1, []])
    return flatten(root as Layout).children
  }

  async #properties(): Promise<Record<string, unknown>> {
    const { service, path } = this.#registered()
    const [all] = await this.#call(service, path, 'org.freedesktop.DBus.Properties', 'GetAll', 's', [
      itemInterface,
    ])
    return plain(all as Record<string, { value: unknown }>)
  }

  /** The watcher, by hand: an item may register a path alone, and then the sender is its service. */
  #handle(message: Message): boolean {
    if (message.path !== '/StatusNotifierWatcher') return false
    const { interface: of, member, body } = message
    const reply = (signature: string, values: unknown[]): boolean => {
      this.#bus.send(dbus.Message.newMethodReturn(message, signature, values))
      return true
    }
    if (of === watcherName && member === 'RegisterStatusNotifierItem') {
      const given = String(body[0])
      this.#item = given.startsWith('/')
        ? { service: message.sender as string, path: given }
        : { service: given, path: '/StatusNotifierItem' }
      this.#tell()
      return reply('', [])
    }
    if (of === watcherName && member === 'RegisterStatusNotifierHost') return reply('', [])
    if (of !== 'org.freedesktop.DBus.Properties') return false
    const properties = {
      IsStatusNotifierHostRegistered: new dbus.Variant('b', true),
      ProtocolVersion: new dbus.Variant('i', 0),
      RegisteredStatusNotifierItems: new dbus.Variant('as', []),
    }
    if (member === 'GetAll') return reply('a{sv}', [properties])
    const one = properties[String(body[1]) as keyof typeof properties]
    return member === 'Get' && one !== undefined && reply('v', [one])
  }

  async #call(
    destination: string,
    path: string,
    of: string,
    member: string,
    signature: string,
    body: unknown[],
  ): Promise<unknown[]> {
    const message = new dbus.Message({ destination, path, interface: of, member, signature, body })
    return (await this.#bus.call(message))?.body ?? []
  }
}

function withSubmenus(items: readonly TrayMenuItem[]): readonly TrayMenuItem[] {
  return items.flatMap((item) => [item, ...withSubmenus(item.children)])
}

type Layout = [number, Record<string, { value: unknown }>, Array<{ value: Layout }>]

function flatten([id, properties, children]: Layout): TrayMenuItem {
  const { label, enabled, 'toggle-type': toggle, 'toggle-state': state } = plain(properties)
  return {
    id,
    label: String(label ?? '').replace(/_(_?)/g, '$1'),
    enabled: enabled !== false,
    checked: toggle === 'checkmark' ? state === 1 : null,
    children: children.map((child) => flatten(child.value)),
  }
}

function plain(variants: Record<string, { value: unknown }>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(variants).map(([key, { value }]) => [key, value]))
}
