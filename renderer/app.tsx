import { useState } from 'react'
import { statusLine } from '#shared/ipc/phase.ts'
import { AddEnvironment } from './components/add-environment.tsx'
import { EngineNotice } from './components/engine-notice.tsx'
import { EnvironmentList } from './components/environment-list.tsx'
import { EnvironmentView } from './components/environment-view.tsx'
import { useDesktopState } from './use-desktop.ts'

/** The window: one environment at a time, a list above it where there are several. */
export function App() {
  const state = useDesktopState()
  const [chosen, setChosen] = useState<string | null>(null)
  const [adding, setAdding] = useState(false)
  if (state === null) return null

  const { environments } = state
  const shown = environments.find((e) => e.name === chosen) ?? environments[0]
  if (shown === undefined && state.engine !== 'running') {
    return <EngineNotice phase={state.engine} problem={state.engineProblem} />
  }
  if (shown === undefined || adding) {
    return (
      <AddEnvironment
        onDone={(name) => {
          setChosen(name)
          setAdding(false)
        }}
        onCancel={shown === undefined ? null : () => setAdding(false)}
      />
    )
  }
  return (
    <div className="window">
      {environments.length > 1 && (
        <EnvironmentList environments={environments} shown={shown.name} onChoose={setChosen} />
      )}
      <EnvironmentView
        key={shown.name}
        environment={shown}
        engine={state.engine}
        engineProblem={state.engineProblem}
        tokenStoreProblem={state.tokenStoreProblem}
        onAdd={() => setAdding(true)}
      />
      <p role="status" className="visually-hidden">
        {statusLine(shown)}
      </p>
    </div>
  )
}
