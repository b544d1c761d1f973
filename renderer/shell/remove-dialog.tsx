import type { EnvironmentStatus } from '#shared/ipc/control.ts'
import { Button } from '../components/button.tsx'
import { Dialog } from '../components/dialog.tsx'
import type { Ask } from '../use-desktop.ts'

interface RemoveDialogProps {
  readonly environment: EnvironmentStatus
  readonly ask: Ask
  readonly onClose: () => void
}

/** Says what is lost. */
export function RemoveDialog({ environment: { name, services }, ask, onClose }: RemoveDialogProps) {
  const ports = services.map(({ localPort }) => localPort).join(', ')
  return (
    <Dialog
      role="alertdialog"
      title={`Remove ${name}?`}
      isOpen
      onClose={onClose}
      actions={
        <>
          <Button autoFocus onPress={onClose}>
            Keep
          </Button>
          <Button
            kind="danger"
            onPress={() => {
              onClose()
              void ask('removeEnvironment', { environment: name })
            }}
          >
            Remove
          </Button>
        </>
      }
    >
      <p>
        You are signed out, and what is open there is cut off.
        {ports !== '' &&
          ` Its place on this computer (${services.length === 1 ? 'port' : 'ports'} ${ports}) and its colour are forgotten.`}
      </p>
      <p>Nothing changes at the other end: you can add it again at any time.</p>
    </Dialog>
  )
}
