import { Cable, ExternalLink, Globe, Pencil, Wind } from 'lucide-react'
import { useState } from 'react'
import { labelWithVersion, versionChange } from '#shared/ipc/airflow-version.ts'
import type { EnvironmentStatus, ServiceStatus } from '#shared/ipc/control.ts'
import { serviceLabel } from '#shared/ipc/phase.ts'
import { Badge } from '../components/badge.tsx'
import { Button } from '../components/button.tsx'
import { CopyButton } from '../components/copy-button.tsx'
import { IconButton, IconGap } from '../components/icon-button.tsx'
import { ProblemMessage } from '../components/message.tsx'
import { Row } from '../components/row.tsx'
import { useAsk } from '../use-desktop.ts'
import { PortForm } from './port-form.tsx'

interface ServiceRowProps {
  readonly environment: EnvironmentStatus
  readonly service: ServiceStatus
  readonly canAsk: boolean
}

const icons = { airflow: Wind, http: Globe, tcp: Cable } as const

/** A service, its port on this computer, and what can be done with it. */
export function ServiceRow({ environment, service, canAsk }: ServiceRowProps) {
  const [editing, setEditing] = useState(false)
  const { ask, failure } = useAsk()
  const { localUrl, localPort, taken, type } = service
  const label = serviceLabel(service)
  const change = versionChange(service)
  const of = { environment: environment.name, service: service.name }
  const Icon = icons[type]
  const isOpenable = type !== 'tcp' && environment.state === 'connected' && canAsk

  return (
    <>
      <Row
        tile={<Icon size={16} />}
        title={labelWithVersion(service)}
        detail={
          <span className={localUrl === null ? 'address' : 'address selectable'}>
            {localUrl === null ? `Port ${localPort}` : localUrl.replace(/^https?:\/\//, '')}
          </span>
        }
      >
        <IconButton
          icon={Pencil}
          label={`Change the port of ${label}`}
          isDisabled={!canAsk}
          onPress={() => setEditing(true)}
        />
        {localUrl !== null && (
          <CopyButton label={`Copy the address of ${label}`} onCopy={() => ask('copyServiceUrl', of)} />
        )}
        {localUrl !== null &&
          (type === 'tcp' ? (
            <IconGap />
          ) : (
            <IconButton
              icon={ExternalLink}
              label={`Open ${label} in the browser`}
              isDisabled={!isOpenable}
              onPress={() => void ask('openService', of)}
            />
          ))}
      </Row>
      {change !== null && (
        <li className="row-note">
          <Badge tone="busy">{`${label} ${change}`}</Badge>
        </li>
      )}
      {taken !== null && !editing && (
        <li className="row-note tone-wait">
          <p>
            Port {localPort} is used by {taken.owner}. Jetway takes it once it is free.
          </p>
          {taken.suggestion !== null && (
            <Button
              size="small"
              isDisabled={!canAsk}
              onPress={() => void ask('setPort', { ...of, port: taken.suggestion ?? localPort })}
            >
              Use {taken.suggestion}
            </Button>
          )}
        </li>
      )}
      {editing && (
        <li className="row-note">
          <PortForm
            label={label}
            port={localPort}
            problem={failure}
            onSave={async (port) => {
              if ((await ask('setPort', { ...of, port })).ok) setEditing(false)
            }}
            onClose={() => setEditing(false)}
          />
        </li>
      )}
      {failure !== null && !editing && (
        <li className="row-note">
          <ProblemMessage problem={failure} />
        </li>
      )}
    </>
  )
}
