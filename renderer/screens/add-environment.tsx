import { useState } from 'react'
import { Form } from 'react-aria-components'
import type { Problem } from '#shared/errors/problem.ts'
import type { EnvironmentOffer } from '#shared/ipc/control.ts'
import appIcon from '../../build/icons/app.svg'
import { Button } from '../components/button.tsx'
import { ProblemMessage } from '../components/message.tsx'
import { TextField } from '../components/text-field.tsx'
import { OfferList } from '../shell/offer-list.tsx'
import { typedOrigin } from '../typed-origin.ts'
import { useAsk } from '../use-desktop.ts'

interface AddEnvironmentProps {
  readonly offers: readonly EnvironmentOffer[]
  /** Why the company's own are not among them. */
  readonly offersProblem: Problem | null
  /** There is nothing to go back to. */
  readonly isFirst: boolean
  readonly onDone: (environment: string) => void
  readonly onBack: () => void
  /** Where the proxy is set, which may be what is missing. */
  readonly onSettings: () => void
}

/** One field: the relay's address. What the company proposes is one press away. */
export function AddEnvironment({
  offers,
  offersProblem,
  isFirst,
  onDone,
  onBack,
  onSettings,
}: AddEnvironmentProps) {
  const { ask, failure } = useAsk()
  const [address, setAddress] = useState('')
  const [invalid, setInvalid] = useState(false)
  /** The relay that is being looked for. */
  const [looking, setLooking] = useState<string | null>(null)

  const add = async (relayUrl: string): Promise<void> => {
    setLooking(relayUrl)
    const answer = await ask('addEnvironment', { relayUrl })
    setLooking(null)
    if (answer.ok) onDone(answer.value.environment)
  }
  const submit = (): void => {
    const relayUrl = typedOrigin(address, 'https')
    setInvalid(relayUrl === null)
    if (relayUrl !== null && looking === null) void add(relayUrl)
  }

  return (
    <main className="welcome">
      <div className="welcome-column">
        <img className="mark" src={appIcon} alt="" />
        <h1>{isFirst ? 'Connect to Airflow' : 'Add an environment'}</h1>
        {offers.length > 0 && (
          <OfferList offers={offers} looking={looking} onChoose={(url) => void add(url)} />
        )}
        {offersProblem !== null && <ProblemMessage problem={offersProblem} />}
        <Form
          onSubmit={(event) => {
            event.preventDefault()
            submit()
          }}
        >
          <TextField
            label={offers.length > 0 ? 'Another relay’s address' : 'Relay address'}
            placeholder="airflow-relay.example.com"
            size="large"
            value={address}
            onChange={(text) => {
              setAddress(text)
              setInvalid(false)
            }}
            hint={isFirst && offers.length === 0 ? 'Your platform team has it.' : null}
            error={invalid ? 'Type an address like airflow-relay.example.com' : null}
            autoFocus={offers.length === 0}
            inputMode="url"
          />
          {failure !== null && <ProblemMessage problem={failure} />}
          <div className="welcome-actions">
            {!isFirst && (
              <Button size="large" onPress={onBack}>
                Back
              </Button>
            )}
            <Button kind="primary" size="large" type="submit" isPending={looking !== null}>
              {looking === null ? 'Connect' : 'Looking for the relay…'}
            </Button>
          </div>
        </Form>
        {isFirst && (
          <div className="welcome-foot">
            <Button kind="quiet" size="small" onPress={onSettings}>
              Settings
            </Button>
          </div>
        )}
      </div>
    </main>
  )
}
