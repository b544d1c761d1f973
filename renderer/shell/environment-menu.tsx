import { Ellipsis } from 'lucide-react'
import { useState } from 'react'
import { Menu, MenuItem, MenuTrigger, Popover, Separator } from 'react-aria-components'
import type { EnvironmentStatus } from '#shared/ipc/control.ts'
import { IconButton } from '../components/icon-button.tsx'
import type { Ask } from '../use-desktop.ts'
import { AppearanceDialog } from './appearance-dialog.tsx'
import { RemoveDialog } from './remove-dialog.tsx'

interface EnvironmentMenuProps {
  readonly environment: EnvironmentStatus
  readonly ask: Ask
}

/** What is done once in a while. */
export function EnvironmentMenu({ environment, ask }: EnvironmentMenuProps) {
  const [open, setOpen] = useState<'appearance' | 'remove' | null>(null)
  const { name, signedIn } = environment
  const close = (): void => setOpen(null)
  return (
    <>
      <MenuTrigger>
        <IconButton icon={Ellipsis} label={`More for ${name}`} />
        <Popover className="popover" placement="bottom end" offset={4}>
          <Menu className="menu" aria-label={`More for ${name}`}>
            <MenuItem className="menu-item" onAction={() => setOpen('appearance')}>
              Colour and mark…
            </MenuItem>
            {signedIn && (
              <MenuItem className="menu-item" onAction={() => void ask('signOut', { environment: name })}>
                Sign out
              </MenuItem>
            )}
            <Separator className="menu-separator" />
            <MenuItem className="menu-item destructive" onAction={() => setOpen('remove')}>
              Remove…
            </MenuItem>
          </Menu>
        </Popover>
      </MenuTrigger>
      {open === 'appearance' && <AppearanceDialog environment={environment} ask={ask} onClose={close} />}
      {open === 'remove' && <RemoveDialog environment={environment} ask={ask} onClose={close} />}
    </>
  )
}
