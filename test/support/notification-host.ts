/**
 * A desktop's side of notifications: `org.freedesktop.Notifications` on the session bus, which keeps what is shown and
 * lets a test click it.
 *
 * @see https://specifications.freedesktop.org/notification-spec/latest/
 */
import dbus, { type Message, type MessageBus } from 'dbus-next'
import { eventually } from './eventually.ts'

const name = 'org.freedesktop.Notifications'
const path = '/org/freedesktop/Notifications'
const closed = { byPerson: 2, byCall: 3 }

export interface ShownNotification {
  readonly id: number
  readonly summary: string
  readonly body: string
  /** Keys of what can be clicked, each followed by its label. */
  readonly actions: readonly string[]
}

export class NotificationHost {
  readonly #bus: MessageBus
  /** What is on the screen. */
  readonly #shown = new Map<number, ShownNotification>()
  /** Everything that was ever shown. */
  readonly all: ShownNotification[] = []
  #lastId = 0

  private constructor(bus: MessageBus) {
    this.#bus = bus
    bus.addMethodHandler((message: Message) => this.#handle(message))
  }

  static async start(busAddress: string): Promise<NotificationHost> {
    const bus = dbus.sessionBus({ busAddress })
    const host = new NotificationHost(bus)
    await bus.requestName(name, 0)
    return host
  }

  get shown(): readonly ShownNotification[] {
    return [...this.#shown.values()]
  }

  /** The one on the screen whose summary has these words, once it is there. */
  async with(words: string): Promise<ShownNotification> {
    return eventually(
      `a notification about ${words}`,
      async () => this.shown.find(({ summary }) => summary.includes(words)),
      10_000,
    )
  }

  /** Clicks the notification itself, which closes it, as desktops do. */
  click({ id }: ShownNotification): void {
    this.#signal('ActionInvoked', 'us', [id, 'default'])
    this.#shown.delete(id)
    this.#signal('NotificationClosed', 'uu', [id, closed.byPerson])
  }

  close(): void {
    this.#bus.disconnect()
  }

  #handle(message: Message): boolean {
    if (message.interface !== name) return false
    const { member, body } = message
    const reply = (signature: string, values: unknown[]): true => {
      this.#bus.send(dbus.Message.newMethodReturn(message, signature, values))
      return true
    }
    switch (member) {
      case 'GetCapabilities':
        return reply('as', [['actions', 'body']])
      case 'GetServerInformation':
        return reply('ssss', ['test', 'test', '1', '1.2'])
      case 'Notify':
        return reply('u', [this.#show(body as [string, number, string, string, string, string[]])])
      case 'CloseNotification':
        this.#shown.delete(body[0] as number)
        this.#signal('NotificationClosed', 'uu', [body[0], closed.byCall])
        return reply('', [])
      default:
        return false
    }
  }

  #show([, replaces, , summary, body, actions]: [string, number, string, string, string, string[]]): number {
    this.#lastId += 1
    const id = replaces || this.#lastId
    const shown = { id, summary, body, actions }
    this.#shown.set(id, shown)
    this.all.push(shown)
    return id
  }

  #signal(member: string, signature: string, body: unknown[]): void {
    this.#bus.send(dbus.Message.newSignal(path, name, member, signature, body))
  }
}
