import type { EnvironmentOffer } from '#shared/ipc/control.ts'
import { Button } from '../components/button.tsx'
import { Dialog } from '../components/dialog.tsx'
import { ProblemMessage } from '../components/message.tsx'
import { useAsk } from '../use-desktop.ts'

interface LinkDialogProps {
  readonly link: EnvironmentOffer
  /** Of its relay, when the person has said yes. */
  readonly onAdd: (relayUrl: string) => void
}

/** A link can come from anywhere: it is shown, and the person decides. */
export function LinkDialog({ link, onAdd }: LinkDialogProps) {
  const { ask, failure } = useAsk()
  const { protocol, host } = new URL(link.relayUrl)
  const answer = (accept: boolean): void => void ask('answerLink', { accept })
  return (
    <Dialog
      role="alertdialog"
      title="Add this environment?"
      isOpen
      onClose={() => answer(false)}
      actions={
        <>
          <Button autoFocus onPress={() => answer(false)}>
            Cancel
          </Button>
          <Button
            kind="primary"
            onPress={() => {
              onAdd(link.relayUrl)
              answer(true)
            }}
          >
            Add and sign in
          </Button>
        </>
      }
    >
      <p>A link asks Jetway to connect to</p>
      <p className="link-host selectable">{host}</p>
      {link.name !== null && <p>It calls itself “{link.name}”.</p>}
      {protocol === 'http:' && <p className="warning">The way there is not encrypted.</p>}
      <p>Go on only if this is your company’s address. You will be asked to sign in there.</p>
      {failure !== null && <ProblemMessage problem={failure} />}
    </Dialog>
  )
}
