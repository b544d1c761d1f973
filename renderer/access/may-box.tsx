import { ChevronDown, CircleCheck, CircleHelp, CircleX } from 'lucide-react'
import { useState } from 'react'
import {
  Button,
  ComboBox,
  Header,
  Input,
  Label,
  ListBox,
  ListBoxItem,
  ListBoxSection,
  Popover,
} from 'react-aria-components'
import { verbGroups, verbWords } from '#shared/airflow/verb-words.ts'
import { scopeWords } from '#shared/ipc/access-request-words.ts'
import { TextField } from '../components/text-field.tsx'
import { answerWords, grantWords, groupTitles, termsOf } from './access-words.ts'
import { airflowVerbs } from './matrix.ts'
import { type Forbid, type Grant, isPlain, type MayAnswer, mayI } from './may-i.ts'

/** What asks for access to do this, where the policy lets one ask; null for nothing. */
export type AskFor = (verb: string, dag: string | null) => (() => void) | null

interface MayBoxProps {
  readonly grants: readonly Grant[]
  readonly forbids: readonly Forbid[]
  readonly contact: string
  readonly askFor: AskFor
}

/** One question and its answer, by which grant. */
export function MayBox({ grants, forbids, contact, askFor }: MayBoxProps) {
  const [verb, setVerb] = useState<string | null>('run.trigger')
  const [typed, setTyped] = useState('')
  const isOfDag = verb !== null && verbWords.get(verb)?.ofDag === true
  const dag = isOfDag && typed.trim() !== '' ? typed.trim() : null
  const isComplete = verb !== null && (!isOfDag || dag !== null)
  return (
    <section className="card may-box" aria-label="May I?">
      <div className="may-fields">
        <ComboBox className="field" value={verb} onChange={(key) => setVerb(key as string | null)}>
          <Label>May I</Label>
          <div className="combo">
            <Input placeholder="Pick or type what you want to do" />
            <Button className="icon-button" aria-label="All there is">
              <ChevronDown size={15} aria-hidden="true" />
            </Button>
          </div>
          <Popover className="popover verbs">
            <ListBox>
              {verbGroups.map((group) => (
                <ListBoxSection key={group} id={group}>
                  <Header>{groupTitles[group]}</Header>
                  {airflowVerbs
                    .filter((one) => verbWords.get(one)?.group === group)
                    .map((one) => (
                      <ListBoxItem
                        key={one}
                        id={one}
                        textValue={verbWords.get(one)?.words ?? one}
                        className="menu-item"
                      >
                        {verbWords.get(one)?.words}
                      </ListBoxItem>
                    ))}
                </ListBoxSection>
              ))}
            </ListBox>
          </Popover>
        </ComboBox>
        <TextField
          label="on the DAG"
          placeholder={isOfDag || verb === null ? 'orders_daily' : 'It belongs to no DAG'}
          value={isOfDag || verb === null ? typed : ''}
          onChange={setTyped}
          isDisabled={!isOfDag && verb !== null}
        />
      </div>
      <div role="status">
        {isComplete && (
          <Answer
            answer={mayI(grants, forbids, { verb, dag, now: Date.now() })}
            verb={verb}
            dag={dag}
            contact={contact}
            onAsk={askFor(verb, dag)}
          />
        )}
      </div>
    </section>
  )
}

const looks = {
  yes: { Icon: CircleCheck, tone: 'ok' },
  depends: { Icon: CircleHelp, tone: 'wait' },
  no: { Icon: CircleX, tone: 'danger' },
} as const

interface AnswerProps {
  readonly answer: MayAnswer
  readonly verb: string
  readonly dag: string | null
  readonly contact: string
  readonly onAsk: (() => void) | null
}

function Answer({ answer, verb, dag, contact, onAsk }: AnswerProps) {
  const { may, grants, forbids, near } = answer
  const { Icon, tone } = looks[may]
  const [grant] = grants
  // What is forbidden nobody can be given.
  const isForbidden = forbids.some(isPlain)
  return (
    <div className={`may-answer tone-${tone}`}>
      <Icon size={18} aria-hidden="true" />
      <div className="selectable">
        <p className="may-title">{answerWords(answer, verb, dag)}</p>
        {may !== 'no' && grant && (
          <p>
            {grantWords(grant)}
            {termsOf(grant).map((term) => `; ${term}`)}.
          </p>
        )}
        {forbids.map((rule) => (
          <p key={rule.policy}>
            {rule.reason}
            {termsOf(rule).map((term) => ` (${term})`)}
          </p>
        ))}
        {may === 'no' && grants.length === 0 && near.length > 0 && (
          <p>You have it on {[...new Set(near.map(scopeWords))].join('; ')}.</p>
        )}
        {may === 'no' && (onAsk === null || isForbidden) && <p>{contact}</p>}
        {may === 'no' && onAsk !== null && !isForbidden && (
          <Button className="button plain small" onPress={onAsk}>
            Ask for access
          </Button>
        )}
      </div>
    </div>
  )
}
