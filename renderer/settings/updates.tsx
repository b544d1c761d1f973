import { ProgressBar } from 'react-aria-components'
import type { UpdateState } from '#shared/ipc/desktop.ts'
import { Button } from '../components/button.tsx'
import { Card } from '../components/card.tsx'
import { Message, ProblemMessage } from '../components/message.tsx'
import { Switch } from '../components/switch.tsx'

interface UpdatesProps {
  readonly update: UpdateState
  /** The one that runs. */
  readonly version: string
  readonly isOn: boolean
  readonly onChange: (isOn: boolean) => void
  readonly onInstall: () => void
}

/** A newer Jetway: looked for, fetched, and in place after a restart. */
export function Updates({ update, version, isOn, onChange, onInstall }: UpdatesProps) {
  return (
    <Card title="Updates">
      <div className="setting">
        {update.kind === 'unsupported' ? (
          <p className="soft">This Jetway is kept up to date by whatever installed it.</p>
        ) : (
          <Switch
            label="Fetch updates"
            detail="They are put in place when you restart Jetway, never by themselves."
            isSelected={isOn}
            onChange={onChange}
          />
        )}
      </div>
      <div className="setting" aria-live="polite">
        <Progress update={update} version={version} onInstall={onInstall} />
      </div>
    </Card>
  )
}

type ProgressProps = Pick<UpdatesProps, 'update' | 'version' | 'onInstall'>

function Progress({ update, version, onInstall }: ProgressProps) {
  switch (update.kind) {
    case 'checking':
      return <p className="soft">Looking for a newer one…</p>
    case 'downloading':
      return (
        <ProgressBar
          className="progress"
          value={update.percent}
          aria-label={`Fetching Jetway ${update.version}`}
        >
          {({ valueText }) => (
            <>
              <span>Fetching Jetway {update.version}</span>
              <span className="second">{valueText}</span>
              <progress className="progress-bar" max={100} value={update.percent} aria-hidden="true" />
            </>
          )}
        </ProgressBar>
      )
    case 'ready': {
      const restart = (
        <Button kind="primary" size="small" onPress={onInstall}>
          Restart to update
        </Button>
      )
      if (update.problem !== null) return <ProblemMessage problem={update.problem} actions={restart} />
      return (
        <Message tone="ok" title={`Jetway ${update.version} is ready`} actions={restart}>
          <p className="soft">Connections are back a few seconds later.</p>
        </Message>
      )
    }
    case 'failed':
      return <ProblemMessage problem={update.problem} />
    default:
      return <p className="soft">This is Jetway {version}.</p>
  }
}
