import type { PlacedLine } from './log-lines.ts'
import { parseLogRecord } from './log-record.ts'

type LogSpeech = NonNullable<ReturnType<typeof parseLogRecord>>

const kindForm = /"version":1,"kind":"([a-z]+)","time":"[^"]{1,40}","id":"([^"]{1,64})"/
const mostHeadBytes = 384
const mostNamed = 10

/** What a verifier tells besides: nothing that is wrong with the log, and worth a look. */
export class Findings {
  readonly #said: string[] = []
  /** Sequence numbers of intents, by id, until it is said how they ended. */
  readonly #open = new Map<string, number>()
  #beat: { readonly time: string; readonly everySeconds: number } | null = null
  #isClosed = false

  /** @returns the record, when the log speaks of itself in it */
  read(line: PlacedLine, seq: number): LogSpeech | null {
    const [, kind, id = ''] = kindForm.exec(line.bytes.toString('latin1', 0, mostHeadBytes)) ?? []
    if (kind === 'intent') this.#open.set(id, seq)
    if (kind === 'request' || kind === 'reload' || kind === 'access') this.#open.delete(id)
    if (kind !== 'log') return null
    const record = parseLogRecord(line.bytes)
    if (record) this.#watch(record, seq)
    return record
  }

  /** In the order in which they were found. */
  get all(): string[] {
    const seqs = [...this.#open.values()]
    if (seqs.length === 0) return this.#said
    const named = seqs.slice(0, mostNamed).join(', ')
    const more = seqs.length > mostNamed ? ' and more' : ''
    return [
      ...this.#said,
      `Of ${seqs.length} intents nothing says how they ended: the relay was killed, or they are under way (records ${named}${more}).`,
    ]
  }

  #watch({ verb, time, detail }: LogSpeech, seq: number): void {
    const beat = this.#beat
    if (beat && !this.#isClosed && Date.parse(time) - Date.parse(beat.time) > 2000 * beat.everySeconds)
      this.#said.push(`Nothing shows that the relay ran from ${beat.time} to ${time} (record ${seq}).`)
    this.#isClosed = verb === 'log.close'
    const everySeconds = Number(detail.everySeconds ?? beat?.everySeconds ?? Number.POSITIVE_INFINITY)
    this.#beat = { time, everySeconds }
    if (verb === 'log.recover')
      this.#said.push(
        `A crash cut a line short; its ${detail.bytes} bytes are in ${detail.file} (record ${seq}).`,
      )
    if (verb === 'log.lose') this.#said.push(`${detail.records} records found no room (record ${seq}).`)
  }
}
