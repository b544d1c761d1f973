import { LogOut, Palette, Trash2 } from 'lucide-react'
import { useState } from 'react'
import type { EnvironmentStatus } from '#shared/ipc/control.ts'
import { ProductionBadge } from '../components/badge.tsx'
import { EnvironmentTile } from '../components/environment-tile.tsx'
import { IconButton, IconGap } from '../components/icon-button.tsx'
import { Row } from '../components/row.tsx'
import { AppearanceDialog } from '../shell/appearance-dialog.tsx'
import { RemoveDialog } from '../shell/remove-dialog.tsx'
import type { Ask } from '../use-desktop.ts'

interface EnvironmentSettingsProps {
  readonly environment: EnvironmentStatus
  readonly ask: Ask
}

/** An environment among the settings: how it looks, who is signed in, and its end. */
export function EnvironmentSettings({ environment, ask }: EnvironmentSettingsProps) {
  const [open, setOpen] = useState<'appearance' | 'remove' | null>(null)
  const { name, relayUrl, production, signedIn } = environment
  const close = (): void => setOpen(null)
  return (
    <>
      <Row
        tile={<EnvironmentTile environment={environment} />}
        title={
          <span className="named">
            <span className="ellipsis">{name}</span>
            {production && <ProductionBadge short />}
          </span>
        }
        detail={new URL(relayUrl).host}
      >
        <IconButton
          icon={Palette}
          label={`Colour and mark of ${name}`}
          onPress={() => setOpen('appearance')}
        />
        {signedIn ? (
          <IconButton
            icon={LogOut}
            label={`Sign out of ${name}`}
            onPress={() => void ask('signOut', { environment: name })}
          />
        ) : (
          <IconGap />
        )}
        <IconButton icon={Trash2} label={`Remove ${name}`} onPress={() => setOpen('remove')} />
      </Row>
      {open === 'appearance' && <AppearanceDialog environment={environment} ask={ask} onClose={close} />}
      {open === 'remove' && <RemoveDialog environment={environment} ask={ask} onClose={close} />}
    </>
  )
}
