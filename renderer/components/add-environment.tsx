import { useState } from 'react'
import { Button, FieldError, Form, Input, Label, TextField } from 'react-aria-components'
import appIcon from '../../build/icons/app.svg'
import { relayUrlOf } from '../relay-address.ts'
import { useAsk } from '../use-desktop.ts'
import { ProblemMessage } from './message.tsx'

interface AddEnvironmentProps {
  readonly onDone: (environment: string) => void
  /** Null at the first start: there is nothing to go back to. */
  readonly onCancel: (() => void) | null
}

/** One field: the relay's address. */
export function AddEnvironment({ onDone, onCancel }: AddEnvironmentProps) {
  const { ask, failure } = useAsk()
  const [address, setAddress] = useState('')
  const [invalid, setInvalid] = useState(false)
  const [asking, setAsking] = useState(false)

  const connect = async (): Promise<void> => {
    const relayUrl = relayUrlOf(address)
    setInvalid(relayUrl === null)
    if (relayUrl === null) return
    setAsking(true)
    const answer = await ask('addEnvironment', { relayUrl })
    setAsking(false)
    if (answer.ok) onDone(answer.value.environment)
  }

  return (
    <main className="welcome">
      <img className="mark" src={appIcon} alt="" />
      <h1>{onCancel === null ? 'Connect to Airflow' : 'Add an environment'}</h1>
      <Form
        onSubmit={(event) => {
          event.preventDefault()
          void connect()
        }}
      >
        <TextField
          className="field"
          value={address}
          onChange={(text) => {
            setAddress(text)
            setInvalid(false)
          }}
          isInvalid={invalid}
          autoFocus
          autoComplete="off"
          inputMode="url"
        >
          <Label>Relay address</Label>
          <Input placeholder="airflow-relay.example.com" spellCheck={false} autoCapitalize="off" />
          <FieldError className="field-error">Type an address like airflow-relay.example.com</FieldError>
        </TextField>
        {failure !== null && (
          <section className="stage tone-wait" aria-label="Problem">
            <ProblemMessage problem={failure} />
          </section>
        )}
        <div className="action-buttons">
          {onCancel !== null && (
            <Button className="button plain large" onPress={onCancel}>
              Back
            </Button>
          )}
          <Button className="button primary large" type="submit" isPending={asking}>
            {asking ? 'Looking for the relay…' : 'Connect'}
          </Button>
        </div>
      </Form>
    </main>
  )
}
