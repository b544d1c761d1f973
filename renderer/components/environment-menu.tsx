import { Ellipsis } from 'lucide-react'
import { useState } from 'react'
import {
  Button,
  Dialog,
  Heading,
  Menu,
  MenuItem,
  MenuTrigger,
  Modal,
  ModalOverlay,
  Popover,
} from 'react-aria-components'

interface EnvironmentMenuProps {
  readonly environment: string
  readonly onAdd: () => void
  readonly onRemove: () => void
}

/** What is done once in a while. */
export function EnvironmentMenu({ environment, onAdd, onRemove }: EnvironmentMenuProps) {
  const [asking, setAsking] = useState(false)
  return (
    <>
      <MenuTrigger>
        <Button className="icon-button" aria-label="More">
          <Ellipsis size={16} aria-hidden="true" />
        </Button>
        <Popover className="popover" placement="bottom end" offset={4}>
          <Menu>
            <MenuItem className="menu-item" onAction={onAdd}>
              Add an environment…
            </MenuItem>
            <MenuItem className="menu-item destructive" onAction={() => setAsking(true)}>
              Remove {environment}…
            </MenuItem>
          </Menu>
        </Popover>
      </MenuTrigger>
      <ModalOverlay className="backdrop" isOpen={asking} onOpenChange={setAsking} isDismissable>
        <Modal>
          <Dialog className="dialog" role="alertdialog">
            <Heading slot="title" level={2}>
              Remove {environment}?
            </Heading>
            <p>You are signed out and the local port is closed. You can add it again at any time.</p>
            <div className="dialog-actions">
              <Button className="button plain" slot="close" autoFocus>
                Keep
              </Button>
              <Button
                className="button danger"
                onPress={() => {
                  setAsking(false)
                  onRemove()
                }}
              >
                Remove
              </Button>
            </div>
          </Dialog>
        </Modal>
      </ModalOverlay>
    </>
  )
}
