import { onlyLooks, wordsOfVerb } from '#shared/airflow/verb-words.ts'
import type { ActivityEntry } from '#shared/ipc/activity.ts'
import { Recent } from './recent.ts'

export interface ActivityLine {
  /** Its own for as long as the log lives. */
  readonly number: number
  /** Null for a gap. */
  readonly entry: ActivityEntry | null
  /** Of a gap: how many lines are missing there; null where nobody was watching and nobody knows. */
  readonly lost: number | null
  /** What a filter looks at, in lower case. */
  readonly text: string
}

export interface ActivityFilter {
  readonly text: string
  readonly deniedOnly: boolean
  readonly changesOnly: boolean
}

export const noFilter: ActivityFilter = { text: '', deniedOnly: false, changesOnly: false }

/** Why new lines wait: someone reads further down, looks at one line, has asked for it, or is about to press one. */
export type Hold = 'scrolled' | 'selected' | 'paused' | 'aimed'

/** The most that are kept. */
export const maxLines = 100_000

/**
 * What went through, newest first, as a list shows it. Lives outside React, which 500 lines a second would keep busy:
 * whoever watches is told of what came once per `schedule`, however much it was, and at once of what a person did.
 */
export class ActivityLog {
  readonly #schedule: (run: () => void) => void
  readonly #lines: Recent<ActivityLine>
  /** Of the entries that are kept. One may come twice: with what went through lately, and by itself. */
  readonly #ids = new Set<string>()
  /** Numbers of the lines that pass the filter, themselves numbered. */
  #matches: Recent<number>
  #oldestMatch = 0
  #filter = noFilter
  #hold: Hold | null = null
  /** Matches and lines that are shown end here. */
  #endOfMatches = 0
  #endOfLines = 0
  #isScheduled = false
  #version = 0
  readonly #capacity: number
  readonly #listeners = new Set<() => void>()

  /** @param schedule as `requestAnimationFrame` */
  constructor(schedule: (run: () => void) => void, capacity = maxLines) {
    this.#schedule = schedule
    this.#capacity = capacity
    this.#lines = new Recent(capacity)
    this.#matches = new Recent(capacity)
  }

  /** Another number whenever there is something else to show. */
  readonly version = (): number => this.#version

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  get filter(): ActivityFilter {
    return this.#filter
  }

  get hold(): Hold | null {
    return this.#hold
  }

  /** Whether new lines are shown as they come, at the latest in a moment. */
  get isFollowing(): boolean {
    return this.#hold === null || this.#hold === 'aimed'
  }

  /** How many lines are kept, whatever the filter. */
  get kept(): number {
    return this.#lines.next - this.#lines.first
  }

  /** How many lines the list has. */
  get shown(): number {
    return this.#endOfMatches - this.#oldestMatch
  }

  /** How many that would be shown wait. */
  get waiting(): number {
    return this.#matches.next - this.#endOfMatches
  }

  /** @param index 0 for the newest that is shown */
  lineAt(index: number): ActivityLine | null {
    const number = this.#matches.at(this.#endOfMatches - 1 - index)
    return number === null ? null : this.#lines.at(number)
  }

  /** The line with this number; null once it has given way. */
  line(number: number): ActivityLine | null {
    return this.#lines.at(number)
  }

  /** Where the line with this number is shown; null where it is not. */
  indexOf(number: number): number | null {
    let [low, high] = [this.#oldestMatch, this.#endOfMatches - 1]
    while (low <= high) {
      const middle = (low + high) >> 1
      const found = this.#matches.at(middle) as number
      if (found === number) return this.#endOfMatches - 1 - middle
      if (found < number) low = middle + 1
      else high = middle - 1
    }
    return null
  }

  /** @param lost how many are missing before them */
  append(entries: readonly ActivityEntry[], lost = 0): void {
    if (lost > 0) this.#push(null, lost)
    for (const entry of entries) if (!this.#ids.has(entry.id)) this.#push(entry)
    this.#tellLater()
  }

  /**
   * Takes what went through lately when watching begins, anew or once more: what is known already is left out, and
   * where nothing of it is, a line says that some may be missing.
   */
  begin(lately: readonly ActivityEntry[]): void {
    const isGap = this.#ids.size > 0 && lately.length > 0 && !lately.some(({ id }) => this.#ids.has(id))
    if (isGap) this.#push(null)
    this.append(lately)
  }

  setFilter(filter: ActivityFilter): void {
    this.#filter = filter
    this.#matches = new Recent(this.#capacity)
    this.#oldestMatch = 0
    this.#endOfMatches = 0
    for (let number = this.#lines.first; number < this.#lines.next; number += 1) {
      const line = this.#lines.at(number) as ActivityLine
      if (passes(line, filter)) this.#matches.push(number)
      if (number < this.#endOfLines) this.#endOfMatches = this.#matches.next
    }
    this.#tell()
  }

  /** Lets new lines wait. Who asked for it first is kept; who is about to press a line holds only for a moment. */
  holdBack(why: Hold): void {
    if (this.#hold === why || !this.isFollowing) return
    this.#hold = why
    this.#tell()
  }

  /** Shows new lines as they come. */
  follow(): void {
    this.#hold = null
    this.#showAll()
    this.#tell()
  }

  #push(entry: ActivityEntry | null, lost: number | null = null): void {
    const line = { number: this.#lines.next, entry, lost, text: entry === null ? '' : textOf(entry) }
    const givesWay = this.#lines.at(line.number - this.#capacity)?.entry
    if (givesWay) this.#ids.delete(givesWay.id)
    if (entry !== null) this.#ids.add(entry.id)
    this.#lines.push(line)
    if (passes(line, this.#filter)) this.#matches.push(line.number)
    if (this.#hold === null) this.#showAll()
    while (this.#oldestMatch < this.#matches.next && this.#isGone(this.#oldestMatch)) this.#oldestMatch += 1
    // Lines that wait give way too, in the end.
    this.#endOfMatches = Math.max(this.#endOfMatches, this.#oldestMatch)
  }

  #isGone(match: number): boolean {
    const number = this.#matches.at(match)
    return number === null || number < this.#lines.first
  }

  #showAll(): void {
    this.#endOfMatches = this.#matches.next
    this.#endOfLines = this.#lines.next
  }

  #tellLater(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    this.#schedule(() => {
      this.#isScheduled = false
      this.#tell()
    })
  }

  #tell(): void {
    this.#version += 1
    for (const listener of this.#listeners) listener()
  }
}

/** Whether it changed something, or would have. */
export function isChange({ verb, method }: ActivityEntry): boolean {
  if (verb !== null) return !onlyLooks(verb)
  return method !== null && !['GET', 'HEAD', 'OPTIONS'].includes(method)
}

function passes({ entry, text }: ActivityLine, filter: ActivityFilter): boolean {
  if (entry === null) return true
  if (filter.deniedOnly && entry.effect !== 'deny') return false
  if (filter.changesOnly && !isChange(entry)) return false
  return filter.text === '' || words(filter.text).every((word) => text.includes(word))
}

function words(text: string): string[] {
  return text.toLowerCase().split(/\s+/)
}

function textOf(entry: ActivityEntry): string {
  const { verb, dag, run, task, method, path, status, agent, service, problem } = entry
  const parts = [verb, verb && wordsOfVerb(verb), dag, run, task, method, path, status, agent, service]
  return [...parts, problem?.code]
    .filter((part) => part != null)
    .join(' ')
    .toLowerCase()
}
