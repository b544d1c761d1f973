import { useState } from 'react'
import type { DesktopState } from '#shared/ipc/desktop.ts'
import { statusLine } from '#shared/ipc/phase.ts'
import type { Place } from './place.ts'
import { AddEnvironment } from './screens/add-environment.tsx'
import { screens } from './screens/screens.ts'
import { Settings } from './screens/settings.tsx'
import { EngineNotice } from './shell/engine-notice.tsx'
import { EnvironmentView } from './shell/environment-view.tsx'
import { LinkDialog } from './shell/link-dialog.tsx'
import { Sidebar } from './shell/sidebar.tsx'
import { useShortcuts } from './shell/use-shortcuts.ts'
import { useDesktopState } from './use-desktop.ts'

/** Where the person wants to be: also at a relay that is being added; null for the first environment. */
type Wanted = Place | { readonly kind: 'relay'; readonly origin: string } | null

/** The window: environments beside what is shown of one of them. */
export function App() {
  const desktop = useDesktopState()
  return desktop === null ? <EngineNotice phase="starting" problem={null} /> : <Window desktop={desktop} />
}

function Window({ desktop }: { readonly desktop: DesktopState }) {
  const [wanted, setWanted] = useState<Wanted>(null)
  const [tab, setTab] = useState<string>(screens[0].id)
  const { environments, engine } = desktop
  const place = placeToShow(wanted, desktop)
  useShortcuts(
    environments.map(({ name }) => name),
    setWanted,
  )

  const environment = environments.find(({ name }) => place.kind === 'environment' && name === place.name)
  const isFirstStart = environments.length === 0
  const back = (): void => setWanted(null)
  return (
    <div className={isFirstStart && place.kind === 'add' ? 'window alone' : 'window'}>
      {!(isFirstStart && place.kind === 'add') && (
        <Sidebar desktop={desktop} place={place} onGo={setWanted} />
      )}
      {environment !== undefined && (
        <EnvironmentView
          key={environment.name}
          environment={environment}
          desktop={desktop}
          tab={tab}
          onTab={setTab}
        />
      )}
      {place.kind === 'settings' && <Settings desktop={desktop} />}
      {place.kind === 'add' &&
        (isFirstStart && engine !== 'running' ? (
          <EngineNotice phase={engine} problem={desktop.engineProblem} />
        ) : (
          <AddEnvironment
            offers={desktop.offers}
            offersProblem={desktop.offersProblem}
            isFirst={isFirstStart}
            onDone={(name) => setWanted({ kind: 'environment', name })}
            onBack={back}
            onSettings={() => setWanted({ kind: 'settings' })}
          />
        ))}
      {desktop.pendingLink !== null && (
        <LinkDialog
          link={desktop.pendingLink}
          onAdd={(relayUrl) => setWanted({ kind: 'relay', origin: new URL(relayUrl).origin })}
        />
      )}
      <p role="status" className="visually-hidden">
        {environment !== undefined && statusLine(environment)}
      </p>
    </div>
  )
}

/** What was asked for, for as long as it is there; else the first environment, and where there is none, how to add one. */
function placeToShow(wanted: Wanted, { environments }: DesktopState): Place {
  const [first] = environments
  const nearest: Place = first === undefined ? { kind: 'add' } : { kind: 'environment', name: first.name }
  if (wanted === null) return nearest
  if (wanted.kind === 'relay') {
    const added = environments.find(({ relayUrl }) => new URL(relayUrl).origin === wanted.origin)
    return added === undefined ? nearest : { kind: 'environment', name: added.name }
  }
  const isThere = wanted.kind !== 'environment' || environments.some(({ name }) => name === wanted.name)
  return isThere ? wanted : nearest
}
