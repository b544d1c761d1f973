import { Activity as ActivityIcon, Pause, Play, SearchX, TriangleAlert } from 'lucide-react'
import { type KeyboardEvent, type RefObject, useEffect, useRef, useState, useSyncExternalStore } from 'react'
import { ToggleButton } from 'react-aria-components'
import { ActivityDetail } from '../activity/activity-detail.tsx'
import { ActivityList } from '../activity/activity-list.tsx'
import { type ActivityFilter, type ActivityLog, noFilter } from '../activity/activity-log.ts'
import { useActivity } from '../activity/use-activity.ts'
import { Button } from '../components/button.tsx'
import { EmptyState } from '../components/empty-state.tsx'
import { SearchField } from '../components/search-field.tsx'
import { Unavailable } from '../components/unavailable.tsx'
import type { ScreenProps } from './screens.ts'

/** What goes through, as it does. */
export function Activity({ environment, desktop }: ScreenProps) {
  const isEngineRunning = desktop.engine === 'running'
  const { log, isWatching, problem, retry } = useActivity(environment, isEngineRunning)
  useSyncExternalStore(log.subscribe, log.version)
  const [selected, setSelected] = useState<number | null>(null)
  const search = useRef<HTMLInputElement>(null)
  const grid = useRef<HTMLTableElement>(null)
  const line = selected === null ? null : log.line(selected)

  const close = (): void => {
    setSelected(null)
    if (log.hold === 'selected') log.follow()
    // What had the focus is gone.
    grid.current?.focus()
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key !== 'Escape' || selected === null) return
    event.preventDefault()
    close()
  }

  useEffect(() => {
    const find = (event: globalThis.KeyboardEvent): void => {
      if (event.key !== 'f' || !(event.ctrlKey || event.metaKey)) return
      event.preventDefault()
      search.current?.focus()
      search.current?.select()
    }
    document.addEventListener('keydown', find)
    return () => document.removeEventListener('keydown', find)
  }, [])

  // Whoever comes back sees the newest, unless they have asked otherwise.
  useEffect(
    () => () => {
      if (log.hold !== 'paused') log.follow()
    },
    [log],
  )

  if (log.kept === 0) {
    if (problem !== null && isEngineRunning) {
      return (
        <EmptyState
          icon={TriangleAlert}
          title={problem.title}
          action={<Button onPress={retry}>Try again</Button>}
        >
          {problem.detail} {problem.action}
        </EmptyState>
      )
    }
    if (!isEngineRunning || environment.state !== 'connected') {
      return (
        <Unavailable environment={environment} isEngineRunning={isEngineRunning} what="what goes through" />
      )
    }
    return <NothingYet isWatching={isWatching} />
  }
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: a key that works wherever the focus is in here
    <div className="activity" onKeyDown={onKeyDown}>
      <Toolbar log={log} search={search} />
      <div className="activity-panes">
        {log.shown === 0 && log.waiting === 0 ? (
          <EmptyState
            icon={SearchX}
            title="No line is like that"
            action={<Button onPress={() => log.setFilter(noFilter)}>Show all lines</Button>}
          />
        ) : (
          <ActivityList log={log} grid={grid} selected={selected} onSelect={setSelected} />
        )}
        {line?.entry != null && (
          <ActivityDetail
            environment={environment}
            requests={desktop.accessRequests[environment.name]}
            entry={line.entry}
            onClose={close}
          />
        )}
      </div>
    </div>
  )
}

function NothingYet({ isWatching }: { readonly isWatching: boolean }) {
  if (!isWatching) return <EmptyState icon={ActivityIcon} title="Asking what went through…" />
  return (
    <EmptyState icon={ActivityIcon} title="Nothing has gone through yet">
      Open Airflow, or call it from a script: every request shows here at once.
    </EmptyState>
  )
}

interface ToolbarProps {
  readonly log: ActivityLog
  readonly search: RefObject<HTMLInputElement | null>
}

function Toolbar({ log, search }: ToolbarProps) {
  const { filter, isFollowing, shown, waiting, kept } = log
  const matching = shown + waiting
  const change = (part: Partial<ActivityFilter>): void => log.setFilter({ ...filter, ...part })
  return (
    <div className="activity-toolbar">
      <SearchField
        label="Filter by DAG, verb, path or status"
        inputRef={search}
        value={filter.text}
        onChange={(text) => change({ text })}
      />
      <ToggleButton
        className="toggle"
        isSelected={filter.deniedOnly}
        onChange={(deniedOnly) => change({ deniedOnly })}
      >
        Denied
      </ToggleButton>
      <ToggleButton
        className="toggle"
        isSelected={filter.changesOnly}
        onChange={(changesOnly) => change({ changesOnly })}
      >
        Changes
      </ToggleButton>
      <span className="activity-count">
        {matching === kept
          ? kept.toLocaleString()
          : `${matching.toLocaleString()} of ${kept.toLocaleString()}`}
      </span>
      <Button onPress={() => (isFollowing ? log.holdBack('paused') : log.follow())}>
        {isFollowing ? <Pause size={14} aria-hidden="true" /> : <Play size={14} aria-hidden="true" />}
        {isFollowing ? 'Pause' : 'Follow'}
      </Button>
    </div>
  )
}
