import { useState } from 'react'
import type { EnvironmentStatus } from '#shared/ipc/control.ts'
import { Button } from '../components/button.tsx'
import { ColorChoice } from '../components/color-choice.tsx'
import { Dialog } from '../components/dialog.tsx'
import { Switch } from '../components/switch.tsx'
import type { Ask } from '../use-desktop.ts'

interface AppearanceDialogProps {
  readonly environment: EnvironmentStatus
  readonly ask: Ask
  readonly onClose: () => void
}

/** How an environment is told from the others. */
export function AppearanceDialog({ environment, ask, onClose }: AppearanceDialogProps) {
  const [color, setColor] = useState(environment.color)
  const [production, setProduction] = useState(environment.production)
  return (
    <Dialog
      title={`How ${environment.name} looks`}
      isOpen
      onClose={onClose}
      actions={
        <>
          <Button onPress={onClose}>Cancel</Button>
          <Button
            kind="primary"
            onPress={() => {
              onClose()
              void ask('setAppearance', { environment: environment.name, color, production })
            }}
          >
            Save
          </Button>
        </>
      }
    >
      <ColorChoice value={color} onChange={setColor} />
      <Switch
        label="This is production"
        detail="Marks it in the list, above its page and in the tray."
        isSelected={production}
        onChange={setProduction}
      />
    </Dialog>
  )
}
