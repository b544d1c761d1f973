import { useEffect, useEffectEvent, useState } from 'react'
import type { DesktopState } from '#shared/ipc/desktop.ts'
import { statusLine } from '#shared/ipc/phase.ts'
import { AddEnvironment } from './screens/add-environment.tsx'
import { screens } from './screens/screens.ts'
import { Settings } from './screens/settings.tsx'
import { EngineNotice } from './shell/engine-notice.tsx'
import { EnvironmentView } from './shell/environment-view.tsx'
import { LinkDialog } from './shell/link-dialog.tsx'
import { Sidebar } from './shell/sidebar.tsx'
import { usePlace } from './shell/use-place.ts'
import { useShortcuts } from './shell/use-shortcuts.ts'
import { useDesktopState } from './use-desktop.ts'
import type { Wanted } from './wanted.ts'

/** The window: environments beside what is shown of one of them. */
export function App() {
  const desktop = useDesktopState()
  return desktop === null ? <EngineNotice phase="starting" problem={null} /> : <Window desktop={desktop} />
}

function Window({ desktop }: { readonly desktop: DesktopState }) {
  const [tab, setTab] = useState<string>(screens[0].id)
  const [wanted, setWanted] = useState<Wanted | null>(null)
  const { environments, engine, goTo } = desktop
  const { place, go, back } = usePlace(environments)
  const arrive = useEffectEvent((name: string, request: string | null) => {
    go({ kind: 'environment', name })
    setTab('access')
    setWanted({ request })
    void window.jetway.arrive({})
  })
  const [goToName, goToRequest] = [goTo?.environment, goTo?.request ?? null]
  useEffect(() => {
    if (goToName !== undefined) arrive(goToName, goToRequest)
  }, [goToName, goToRequest])
  const leaveFor: typeof go = (to) => {
    setWanted(null)
    go(to)
  }
  useShortcuts(
    environments.map(({ name }) => name),
    leaveFor,
    back,
  )

  const environment = environments.find(({ name }) => place.kind === 'environment' && name === place.name)
  const isFirstStart = environments.length === 0
  return (
    <div className={isFirstStart && place.kind === 'add' ? 'window alone' : 'window'}>
      {!(isFirstStart && place.kind === 'add') && <Sidebar desktop={desktop} place={place} onGo={leaveFor} />}
      {environment !== undefined && (
        <EnvironmentView
          key={environment.name}
          environment={environment}
          desktop={desktop}
          tab={tab}
          wanted={wanted}
          onTab={(id) => {
            setTab(id)
            setWanted(null)
          }}
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
            onDone={(name) => leaveFor({ kind: 'environment', name })}
            onBack={back}
            onSettings={() => leaveFor({ kind: 'settings' })}
          />
        ))}
      {desktop.pendingLink !== null && (
        <LinkDialog
          link={desktop.pendingLink}
          onAdd={(relayUrl) => leaveFor({ kind: 'relay', origin: new URL(relayUrl).origin })}
        />
      )}
      <p role="status" className="visually-hidden">
        {environment !== undefined && statusLine(environment)}
      </p>
    </div>
  )
}
