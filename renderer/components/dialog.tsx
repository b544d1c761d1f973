import type { ReactNode } from 'react'
import { Dialog as AriaDialog, Heading, Modal, ModalOverlay } from 'react-aria-components'

interface DialogProps {
  readonly title: string
  readonly isOpen: boolean
  /** Escape, and a press beside it. */
  readonly onClose: () => void
  /** `alertdialog` for what cannot be taken back. */
  readonly role?: 'dialog' | 'alertdialog'
  readonly children: ReactNode
  /** Buttons, the next step last. */
  readonly actions: ReactNode
}

export function Dialog({ title, isOpen, onClose, role = 'dialog', children, actions }: DialogProps) {
  return (
    <ModalOverlay
      className="backdrop"
      isOpen={isOpen}
      isDismissable
      onOpenChange={(open) => {
        if (!open) onClose()
      }}
    >
      <Modal className="modal">
        <AriaDialog className="dialog" role={role}>
          <Heading slot="title" level={2}>
            {title}
          </Heading>
          {children}
          <div className="dialog-actions">{actions}</div>
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  )
}
