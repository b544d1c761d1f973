import { Cable, Globe, KeyRound, RotateCw, UsersRound } from 'lucide-react'
import { useState } from 'react'
import { ToggleButton, ToggleButtonGroup } from 'react-aria-components'
import { wordsOfVerb } from '#shared/airflow/verb-words.ts'
import type { Access } from '#shared/ipc/access.ts'
import { isApprovedGroup } from '#shared/ipc/approved-group.ts'
import { serviceLabel } from '#shared/ipc/phase.ts'
import { Button } from '../components/button.tsx'
import { EmptyState } from '../components/empty-state.tsx'
import { IconButton } from '../components/icon-button.tsx'
import { Rows } from '../components/row.tsx'
import { AccessMatrix, Reason } from './access-matrix.tsx'
import { grantWords, termsOf } from './access-words.ts'
import { type AskFor, MayBox } from './may-box.tsx'

type ServiceAccess = Access['services'][number]

interface KnownAccessProps {
  readonly access: Access
  readonly onAgain: () => void
  readonly askFor: AskFor
}

/** What the relay says that the person may do, and why. */
export function KnownAccess({ access, onAgain, askFor }: KnownAccessProps) {
  const hasNothing = access.services.every(({ grants }) => grants.length === 0)
  return (
    <>
      <Groups access={access} onAgain={onAgain} />
      {hasNothing ? <NoGrants access={access} /> : <Services access={access} askFor={askFor} />}
    </>
  )
}

/** More are shown when they are asked for. */
const fewGroups = 8

function Groups({ access, onAgain }: Omit<KnownAccessProps, 'askFor'>) {
  const [isOpen, setOpen] = useState(false)
  const { groupsProblem } = access.person
  // What was approved stands among the person’s requests.
  const groups = access.person.groups.filter((group) => !isApprovedGroup(group))
  const grants = access.services.flatMap((service) => service.grants)
  const rolesOf = (group: string): string[] => [
    ...new Set(grants.filter((grant) => grant.group === group).map(({ role }) => role)),
  ]
  const known = groups
    .map((group) => ({ group, roles: rolesOf(group) }))
    .sort((a, b) => Number(b.roles.length > 0) - Number(a.roles.length > 0))
  const shown = isOpen ? known : known.slice(0, fewGroups)
  const left = known.length - shown.length
  return (
    <section className="access-groups" aria-label="Your groups">
      <UsersRound size={16} aria-hidden="true" />
      {groups.length === 0 ? (
        <p>{groupsProblem === null ? 'You are in no groups.' : 'Your groups are not known here.'}</p>
      ) : (
        <ul>
          {shown.map(({ group, roles }) => (
            <li key={group} className={roles.length === 0 ? 'group-chip idle' : 'group-chip'}>
              <span className="ellipsis">{group}</span>
              {roles.some((role) => role !== '') && (
                <span className="group-role ellipsis">{roles.filter((role) => role !== '').join(', ')}</span>
              )}
            </li>
          ))}
          {left > 0 && (
            <li>
              <Button kind="quiet" size="small" onPress={() => setOpen(true)}>
                {left} more
              </Button>
            </li>
          )}
        </ul>
      )}
      <IconButton icon={RotateCw} label="Ask again what I may do" onPress={onAgain} />
    </section>
  )
}

/** Why there is nothing, and what brings something. */
function NoGrants({ access: { person, contact } }: { readonly access: Access }) {
  const why =
    person.groupsProblem === null
      ? person.groups.length === 0
        ? 'Access comes with groups, and your provider says that you are in none.'
        : 'None of your groups has a role here.'
      : `Access comes with groups. ${person.groupsProblem}`
  return (
    <EmptyState icon={KeyRound} title="You may do nothing here yet">
      {why} {contact}
    </EmptyState>
  )
}

function Services({ access, askFor }: Omit<KnownAccessProps, 'onAgain'>) {
  const airflows = access.services.filter(({ type, grants }) => type === 'airflow' && grants.length > 0)
  const others = access.services.filter(({ type, grants }) => type !== 'airflow' && grants.length > 0)
  const [chosen, setChosen] = useState<string | null>(null)
  const shown = airflows.find(({ name }) => name === chosen) ?? airflows[0]
  return (
    <>
      {airflows.length > 1 && shown && (
        <ToggleButtonGroup
          className="segments"
          aria-label="Service"
          selectionMode="single"
          disallowEmptySelection
          selectedKeys={[shown.name]}
          onSelectionChange={(keys) => {
            for (const key of keys) setChosen(String(key))
          }}
        >
          {airflows.map((service) => (
            <ToggleButton key={service.name} id={service.name} className="toggle">
              {serviceLabel(service)}
            </ToggleButton>
          ))}
        </ToggleButtonGroup>
      )}
      {shown && (
        <>
          <MayBox grants={shown.grants} forbids={access.forbids} contact={access.contact} askFor={askFor} />
          <AccessMatrix grants={shown.grants} forbids={access.forbids} contact={access.contact} />
        </>
      )}
      {others.length > 0 && (
        <Rows label="Other services">
          {others.map((service) => (
            <OtherService key={service.name} service={service} forbids={access.forbids} />
          ))}
        </Rows>
      )}
    </>
  )
}

interface OtherServiceProps {
  readonly service: ServiceAccess
  readonly forbids: Access['forbids']
}

function OtherService({ service: { name, type, grants }, forbids }: OtherServiceProps) {
  const Icon = type === 'tcp' ? Cable : Globe
  const verbs = [...new Set(grants.flatMap((grant) => grant.verbs))]
  const against = forbids.filter((rule) => rule.verbs.some((verb) => verbs.includes(verb)))
  return (
    <li className="row">
      <span className="tile" aria-hidden="true">
        <Icon size={16} />
      </span>
      <div className="text selectable">
        <p className="first ellipsis">{name}</p>
        <p className="second">{verbs.map(wordsOfVerb).join(', ')}</p>
        {grants.map((grant) => (
          <Reason key={grant.policy} words={grantWords(grant)} terms={termsOf(grant)} policy={grant.policy} />
        ))}
        {against.map((rule) => (
          <Reason
            key={rule.policy}
            words={`Forbidden: ${rule.reason}`}
            terms={termsOf(rule)}
            policy={rule.policy}
          />
        ))}
      </div>
    </li>
  )
}
