import { ArrowUp, Ban, Bot, PenLine, TriangleAlert } from 'lucide-react'
import {
  type KeyboardEvent,
  memo,
  type RefObject,
  useEffect,
  useLayoutEffect,
  useRef,
  useSyncExternalStore,
} from 'react'
import { Button } from 'react-aria-components'
import type { ActivityEntry } from '#shared/ipc/activity.ts'
import { milliseconds } from '../format.ts'
import { type ActivityLine, type ActivityLog, isChange } from './activity-log.ts'
import { clockOf, deedOf, outcomeOf, requestOf, statusOf, targetOf } from './activity-words.ts'
import { useAim } from './use-aim.ts'
import { useRowWindow } from './use-row-window.ts'

/** As `--activity-row` in activity.css. */
const rowPixels = 30

const columns = ['Time', 'What', 'On', 'Request', 'Status', 'Took'] as const

interface ActivityListProps {
  readonly log: ActivityLog
  /** What has the focus and the keys. */
  readonly grid: RefObject<HTMLTableElement | null>
  /** The number of the line whose details are shown. */
  readonly selected: number | null
  readonly onSelect: (line: number | null) => void
}

/**
 * A list of any length of which only the rows in sight are there. The library's own Virtualizer keeps a node for every
 * item and walks all of them at each change, ten times a second here.
 */
export function ActivityList({ log, grid, selected, onSelect }: ActivityListProps) {
  useSyncExternalStore(log.subscribe, log.version)
  const viewport = useRef<HTMLDivElement>(null)
  const { first, count } = useRowWindow(viewport, rowPixels)
  const onPointerMove = useAim(log)
  const { filter, isFollowing, shown, waiting } = log
  const selectedAt = selected === null ? null : log.indexOf(selected)

  // biome-ignore lint/correctness/useExhaustiveDependencies: another filter is another list
  useEffect(() => {
    if (viewport.current !== null) viewport.current.scrollTop = 0
  }, [filter])

  const onScroll = (): void => {
    const top = viewport.current?.scrollTop ?? 0
    if (top >= rowPixels / 2) log.holdBack('scrolled')
    else if (log.hold === 'scrolled') log.follow()
  }

  const select = (index: number): void => {
    const line = log.lineAt(index)
    if (line === null) return
    log.holdBack('selected')
    onSelect(line.number)
  }

  // Once what it says is there too, and has taken its room.
  // biome-ignore lint/correctness/useExhaustiveDependencies: only when another line is chosen
  useLayoutEffect(() => {
    if (selectedAt !== null && viewport.current !== null) bringIntoView(viewport.current, selectedAt)
  }, [selected])

  const onKeyDown = (event: KeyboardEvent): void => {
    const index = nextIndex(event.key, selectedAt, { shown, page: Math.max(1, count - 2), top: first })
    if (index === null) return
    event.preventDefault()
    select(index)
  }

  const toNewest = (): void => {
    log.follow()
    if (viewport.current !== null) viewport.current.scrollTop = 0
    grid.current?.focus()
  }

  const rows: ActivityLine[] = []
  for (let index = first; index < Math.min(shown, first + count); index += 1) {
    const line = log.lineAt(index)
    if (line !== null) rows.push(line)
  }
  const isActiveThere = selectedAt !== null && selectedAt >= first && selectedAt < first + count

  return (
    <div className="activity-list">
      <div ref={viewport} className="activity-viewport" onScroll={onScroll} onPointerMove={onPointerMove}>
        <table
          ref={grid}
          // biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: its rows and cells are a table's, and one is chosen
          role="grid"
          aria-label="What goes through, newest first"
          aria-rowcount={shown + 1}
          aria-activedescendant={isActiveThere ? rowId(selected as number) : undefined}
          tabIndex={0}
          onKeyDown={onKeyDown}
          style={{ height: (shown + 1) * rowPixels }}
        >
          <thead>
            <tr className="activity-row" aria-rowindex={1}>
              {columns.map((title) => (
                <th key={title} scope="col" className={`cell-${title.toLowerCase()}`}>
                  {title}
                </th>
              ))}
            </tr>
          </thead>
          <tbody style={{ transform: `translateY(${first * rowPixels}px)` }}>
            {rows.map((line, i) => (
              <Row
                key={line.number}
                line={line}
                index={first + i}
                isSelected={line.number === selected}
                onSelect={select}
              />
            ))}
          </tbody>
        </table>
      </div>
      {!isFollowing && waiting > 0 && (
        <Button className="activity-newer" onPress={toNewest}>
          <ArrowUp size={13} aria-hidden="true" />
          {waiting.toLocaleString()} newer
        </Button>
      )}
    </div>
  )
}

interface RowProps {
  readonly line: ActivityLine
  readonly index: number
  readonly isSelected: boolean
  readonly onSelect: (index: number) => void
}

const Row = memo(function Row({ line, index, isSelected, onSelect }: RowProps) {
  const { number, entry } = line
  const outcome = entry === null ? 'gap' : outcomeOf(entry)
  return (
    <tr
      id={rowId(number)}
      className={`activity-row ${outcome}`}
      aria-rowindex={index + 2}
      aria-selected={isSelected}
      onMouseDown={() => onSelect(index)}
    >
      {entry === null ? <Gap lost={line.lost} /> : <Cells entry={entry} />}
    </tr>
  )
}, isSameRow)

/** `onSelect` is another one each time and does the same. */
function isSameRow(a: RowProps, b: RowProps): boolean {
  return a.line === b.line && a.index === b.index && a.isSelected === b.isSelected
}

function Cells({ entry }: { readonly entry: ActivityEntry }) {
  const { agent, time, durationMs } = entry
  return (
    <>
      <td className="cell-time">{clockOf(time)}</td>
      <td className="cell-what">
        <OutcomeIcon entry={entry} />
        <span className="ellipsis">{deedOf(entry)}</span>
      </td>
      <td className="cell-on">
        <Target parts={targetOf(entry)} />
        {agent !== null && (
          <span className="activity-agent">
            <Bot size={12} aria-hidden="true" />
            <span className="visually-hidden">by the agent </span>
            <span className="ellipsis">{agent}</span>
          </span>
        )}
      </td>
      <td className="cell-request ellipsis">{requestOf(entry)}</td>
      <td className="cell-status">{statusOf(entry)}</td>
      <td className="cell-took">{milliseconds(durationMs)}</td>
    </>
  )
}

function Target({ parts: [first, ...more] }: { readonly parts: readonly string[] }) {
  return (
    <span className="ellipsis">
      {first}
      {more.length > 0 && <span className="soft">{more.map((part) => ` · ${part}`)}</span>}
    </span>
  )
}

/** What changes something, failed or was denied stands out by its shape; what only looked has none. */
function OutcomeIcon({ entry }: { readonly entry: ActivityEntry }) {
  const outcome = outcomeOf(entry)
  if (outcome === 'denied') return <Ban className="outcome-icon" size={14} aria-hidden="true" />
  if (outcome === 'failed') return <TriangleAlert className="outcome-icon" size={14} aria-hidden="true" />
  if (isChange(entry)) return <PenLine className="outcome-icon" size={14} aria-hidden="true" />
  return <span className="outcome-icon" aria-hidden="true" />
}

function Gap({ lost }: { readonly lost: number | null }) {
  return (
    <td className="activity-gap" colSpan={columns.length}>
      {lost === null
        ? 'Nobody was looking here; something may be missing.'
        : `${lost.toLocaleString()} more came too fast to be shown.`}
    </td>
  )
}

function rowId(number: number): string {
  return `activity-${number}`
}

/** Where a key leads from the line that is chosen; null for a key that leads nowhere. */
function nextIndex(
  key: string,
  from: number | null,
  { shown, page, top }: { readonly shown: number; readonly page: number; readonly top: number },
): number | null {
  if (shown === 0) return null
  const steps: Readonly<Record<string, number>> = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page }
  if (key === 'Home') return 0
  if (key === 'End') return shown - 1
  const step = steps[key]
  if (step === undefined) return null
  return from === null ? top : Math.min(shown - 1, Math.max(0, from + step))
}

function bringIntoView(viewport: HTMLElement, index: number): void {
  const top = index * rowPixels
  // The head covers a row.
  const bottom = top + 2 * rowPixels - viewport.clientHeight
  if (top < viewport.scrollTop) viewport.scrollTop = top
  else if (bottom > viewport.scrollTop) viewport.scrollTop = bottom
}
