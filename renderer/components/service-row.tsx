import { Cable, Check, Copy, Globe, Wind } from 'lucide-react'
import { useEffect, useState } from 'react'
import { Button } from 'react-aria-components'
import type { EnvironmentStatus, ServiceStatus } from '#shared/ipc/control.ts'
import { serviceLabel } from '#shared/ipc/phase.ts'
import type { Ask } from '../use-desktop.ts'

interface ServiceRowProps {
  readonly environment: EnvironmentStatus
  readonly service: ServiceStatus
  readonly ask: Ask
}

const icons = { airflow: Wind, http: Globe, tcp: Cable } as const

const copiedMs = 2_000

/** A service and its address on this computer. */
export function ServiceRow({ environment, service, ask }: ServiceRowProps) {
  const label = serviceLabel(service)
  const params = { environment: environment.name, service: service.name }
  const { localUrl } = service
  const Icon = icons[service.type]
  const connected = environment.state === 'connected'
  return (
    <div className="row">
      <span className="tile" aria-hidden="true">
        <Icon size={16} />
      </span>
      <div className="text">
        <p className="first">{label}</p>
        <p className="second selectable ellipsis">{localUrl ?? 'No local address yet'}</p>
      </div>
      {localUrl !== null && (
        <div className="buttons">
          <CopyButton label={`Copy the URL of ${label}`} onCopy={() => ask('copyServiceUrl', params)} />
          {service.type !== 'tcp' && (
            <Button
              className={connected ? 'button primary small' : 'button link'}
              aria-label={`Open ${label}`}
              isDisabled={!connected}
              onPress={() => void ask('openService', params)}
            >
              Open
            </Button>
          )}
        </div>
      )}
    </div>
  )
}

interface CopyButtonProps {
  readonly label: string
  readonly onCopy: () => Promise<{ readonly ok: boolean }>
}

function CopyButton({ label, onCopy }: CopyButtonProps) {
  const [copied, setCopied] = useState(false)
  useEffect(() => {
    if (!copied) return
    const timer = setTimeout(() => setCopied(false), copiedMs)
    return () => clearTimeout(timer)
  }, [copied])
  return (
    <>
      <Button
        className="icon-button"
        aria-label={label}
        onPress={() => void onCopy().then(({ ok }) => setCopied(ok))}
      >
        {copied ? <Check size={15} aria-hidden="true" /> : <Copy size={15} aria-hidden="true" />}
      </Button>
      <span role="status" className="visually-hidden">
        {copied ? 'Copied' : ''}
      </span>
    </>
  )
}
